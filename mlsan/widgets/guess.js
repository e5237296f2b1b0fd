// A guess, kept while the tab is open, and beside it the result when the reader asks for it.

// Every widget has a copy of this module, and a browser may refuse to store: the page remembers.
const remembered = globalThis.mlsanGuesses ??= new Map();
const place = (key) => `mlsan-guess ${location.pathname} ${key}`;

function recall(key) {
  if (remembered.has(place(key))) return remembered.get(place(key));
  try {
    return JSON.parse(sessionStorage.getItem(place(key)));
  } catch {
    return null;
  }
}

function keep(key, value) {
  remembered.set(place(key), value);
  try {
    sessionStorage.setItem(place(key), JSON.stringify(value));
  } catch { /* then the page's memory has to do */ }
  document.dispatchEvent(new CustomEvent("mlsan-guess", { detail: key }));
}

const short = (x) => String(Math.abs(x) < 1000 ? Number(x.toPrecision(3)) : Math.round(x));

function render({ model, el }) {
  const [key, choices, ends] = [model.get("key"), model.get("choices"), model.get("ends")];
  const [truth, unit, revealed] = [model.get("truth"), model.get("unit"), model.get("revealed")];
  const numeric = ends.length > 0, box = element(el, "div", { class: "mlsan-guess" });
  const words = (value) => numeric ? short(value) + unit : value;
  const fits = (value) => numeric
    ? typeof value === "number" && ends[0] <= value && value <= ends[1]
    : typeof value === "string" && value !== "" && (!choices.length || choices.includes(value));
  let shown = revealed, fill = () => {};

  function set(value) {
    model.set("guess", value);
    model.save_changes();
  }

  // One way to ask: it is drawn into the box, and returned is how it follows the guess.
  function slider(field) {
    const row = element(field, "div", { class: "mlsan-row" });
    const input = element(row, "input", { type: "range", min: ends[0], max: ends[1],
      step: model.get("step"), "aria-label": model.get("question") });
    const output = element(row, "output");
    input.addEventListener("input", () => set(Number(input.value)));
    return (guess) => {
      input.value = guess ?? (ends[0] + ends[1]) / 2;
      output.textContent = guess === null ? "?" : words(guess);
      input.setAttribute("aria-valuetext", guess === null ? "no guess yet" : words(guess));
    };
  }

  function radios(field) {
    const row = element(field, "div", { class: "mlsan-choices" });
    const group = `guess-${Math.random()}`;          // a page may ask the same thing twice
    const inputs = choices.map((choice) => {
      const label = element(row, "label");
      const input = element(label, "input", { type: "radio", name: group, value: choice });
      label.append(choice);
      input.addEventListener("change", () => set(choice));
      return input;
    });
    return (guess) => inputs.forEach((input) => { input.checked = input.value === guess; });
  }

  function line(field) {
    const input = element(field, "input", { type: "text", maxlength: 200,
      "aria-label": model.get("question"), placeholder: "a few words" });
    input.addEventListener("input", () => set(input.value.trim() ? input.value : null));
    return (guess) => { if (guess?.trim() !== input.value.trim()) input.value = guess ?? ""; };
  }

  if (!revealed) {
    const field = element(box, "fieldset");
    element(field, "legend", {}, model.get("question"));
    fill = (numeric ? slider : choices.length ? radios : line)(field);
    if (truth !== null) {
      const button = element(field, "button", { type: "button" }, "Show the result");
      button.addEventListener("click", () => { shown = true; draw(); });
    }
  }
  const verdict = element(box, "p", { class: "mlsan-verdict", "aria-live": "polite" });

  function compared(guess) {
    if (guess === null) return `You made no guess. It is ${words(truth)}.`;
    if (numeric) {
      const off = guess - Number(short(truth));
      if (Math.abs(off) < 1e-9) return `You guessed ${words(guess)}, and so it is.`;
      return `You guessed ${words(guess)}; it is ${words(truth)}, ` +
        `${short(Math.abs(off))} ${off > 0 ? "below" : "above"} your guess.`;
    }
    if (!choices.length) return `You guessed: ${guess} The answer: ${truth}`;
    return guess === truth ? `You guessed ${guess}, and so it is.`
      : `You guessed ${guess}; it is ${truth}.`;
  }

  function draw() {
    const guess = model.get("guess");
    fill(guess);
    verdict.textContent = shown ? compared(guess)
      : guess === null ? "" : "Your guess is kept while this tab is open; read on for the result.";
  }

  const follow = ({ detail }) => {
    if (detail === key && model.get("guess") !== recall(key)) set(recall(key));
  };
  model.on("change:guess", () => {
    if (model.get("guess") !== recall(key)) keep(key, model.get("guess"));
    draw();
  });
  document.addEventListener("mlsan-guess", follow);
  if (model.get("guess") !== null) keep(key, model.get("guess"));
  else if (fits(recall(key))) set(recall(key));
  draw();
  return () => document.removeEventListener("mlsan-guess", follow);
}

export default { render };
