// What every widget's script needs; widgets/common.py puts it in front of them.

function element(parent, tag, attributes = {}, text = "") {
  const node = tag === "svg" || parent.namespaceURI.endsWith("svg")
    ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.textContent = text;
  return parent.appendChild(node);
}

// Somebody's own words within a sentence: where they run from right to left, the rest must not.
const RIGHT_TO_LEFT = /[\p{Script=Hebrew}\p{Script=Arabic}\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
const quoted = (text) => (RIGHT_TO_LEFT.test(text) ? `\u2068${text}\u2069` : text);

// The emotion that somebody noted of a turn, if anybody did.
const noted = (emotions, turn) => emotions[turn.emotion] ?? "not noted";

// A menu is no place for a speech. Its end stays: who it is to the model may stand there.
function brief(text) {
  const all = [...text], cut = (from, to) => all.slice(from, to).join("");
  return all.length > 80 ? `${cut(0, 54)}…${cut(-25)}` : text;
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
