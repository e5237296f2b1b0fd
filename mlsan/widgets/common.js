// What every widget's script needs; widgets/common.py puts it in front of them.

function element(parent, tag, attributes = {}, text = "") {
  const node = tag === "svg" || parent.namespaceURI.endsWith("svg")
    ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.textContent = text;
  return parent.appendChild(node);
}

// A labelled menu that sets a trait: a string to the name of what is chosen, a number to its place.
function choose(parent, model, trait, text, attributes = {}) {
  const label = element(parent, "label", attributes);
  element(label, "span", {}, text);
  const select = element(label, "select", { "data-trait": trait });
  select.addEventListener("change", () => {
    model.set(trait, typeof model.get(trait) === "string" ? select.value : Number(select.value));
    model.save_changes();
  });
  return select;
}

// Fill a menu with names, by place.
function offer(select, names, chosen = 0) {
  select.replaceChildren(...names.map((name, i) => new Option(name, i, false, i === chosen)));
}
