// A conversation, turn by turn: what was said and felt, and what the trained model made of it.
// All numbers come from turns_of in conversation_player.py; here they are only drawn.

const SYMBOLS = { circle: "●", diamond: "◆", square: "■", cross: "✚", x: "✖",
  "circle-open": "○", "diamond-open": "◇", "square-open": "□" };
const PAUSE = 2500;      // milliseconds a turn stays while playing: time to read it

function render({ model, el }) {
  const conversations = model.get("conversations");
  const speakers = model.get("speakers");
  const { emotions, modalities, emotion_colours, modality_colours } = model.get("config");
  const percent = (p) => `${Math.round(100 * p)}%`;
  const likeliest = (p) => p.indexOf(Math.max(...p));
  const says = (p) => `${emotions[likeliest(p)]}, ${percent(Math.max(...p))}`;

  const box = element(el, "div", { class: "mlsan-player" });
  const labelled = (text) => {
    const label = element(box, "label");
    element(label, "span", {}, text);
    return label;
  };
  const choice = element(labelled("Conversation"), "select");
  conversations.forEach((turns, i) => {
    const cast = [...new Set(turns.map((turn) => quoted(turn.speaker)))].join(", ");
    element(choice, "option", { value: i }, brief(`${i + 1}: ${cast}`));
  });
  const row = labelled("Turn");
  const slider = element(row, "input", { type: "range", min: 1, step: 1 });
  const count = element(row, "output");
  const buttons = element(box, "div", { class: "mlsan-buttons" });
  const [previous, play, next] = ["◀ Previous", "Play", "Next ▶"].map((text) =>
    element(buttons, "button", { type: "button" }, text));
  const halves = element(box, "div", { class: "mlsan-halves" });
  // It scrolls, so the keyboard has to reach it: hence the tabindex.
  const talk = element(halves, "ol", {
    class: "mlsan-talk", tabindex: 0, "aria-label": "The conversation" });
  const panel = element(halves, "div");
  const verdict = element(panel, "p", { "aria-live": "polite", class: "mlsan-verdict" });
  const bars = element(panel, "div", { class: "mlsan-bars" });

  let timer = null;
  const stop = () => {
    clearInterval(timer);
    timer = null;
    play.textContent = "Play";
  };
  const go = (dialogue, turn) => {
    model.set("dialogue", dialogue);
    model.set("turn", turn);
    model.save_changes();
    draw();
  };
  const turns = () => conversations[model.get("dialogue")];
  const within = (turn) => Math.max(0, Math.min(turn, turns().length - 1));
  const place = () => within(model.get("turn"));
  const step = (by) => go(model.get("dialogue"), within(place() + by));

  choice.addEventListener("change", () => { stop(); go(Number(choice.value), 0); });
  slider.addEventListener("input", () => {
    stop();
    go(model.get("dialogue"), Number(slider.value) - 1);
  });
  previous.addEventListener("click", () => { stop(); step(-1); });
  next.addEventListener("click", () => { stop(); step(1); });
  play.addEventListener("click", () => {
    if (timer) return stop();
    if (place() === turns().length - 1) go(model.get("dialogue"), 0);
    play.textContent = "Pause";
    timer = setInterval(() => {
      step(1);
      if (place() === turns().length - 1) stop();
    }, PAUSE);
  });

  function chat(t) {
    talk.replaceChildren();
    turns().forEach((turn, i) => {
      const { color, symbol } = speakers[turn.speaker];
      const line = element(talk, "li", { style: `border-color:${color}` });
      line.classList.toggle("right", turn.party % 2 === 1);
      if (i === t) line.setAttribute("aria-current", "true");
      const symbolStyle = { style: `color:${color}`, "aria-hidden": "true" };
      element(line, "span", symbolStyle, `${SYMBOLS[symbol]} `);
      element(line, "b", { dir: "auto" }, turn.speaker);
      element(line, "div", { dir: "auto" }, turn.text);
      const [felt, heard] = [noted(emotions, turn), emotions[likeliest(turn.model)]];
      element(line, "small", {}, felt === heard ? `${felt} ✓` : `${felt}, heard as ${heard}`);
    });
    // Only the list is scrolled: a page that jumps while one reads is a nuisance.
    const line = talk.children[t];
    talk.scrollTop = line.offsetTop - (talk.clientHeight - line.offsetHeight) / 2;
  }

  function track(name, values, most, shown) {
    element(bars, "span", name.marked ? { class: "felt" } : {}, name.text);
    const lane = element(bars, "div", { class: "mlsan-track" });
    values.forEach(([value, colour]) => element(lane, "i", {
      style: `width:${100 * value / most}%;${colour ? `background:${colour}` : ""}`,
      ...(colour ? {} : { class: "exact" }) }));
    element(bars, "output", {}, shown);
  }

  function draw() {
    const t = place();
    const turn = turns()[t];
    const last = turns().length - 1;
    choice.value = model.get("dialogue");
    slider.max = last + 1;
    slider.value = t + 1;
    slider.setAttribute("aria-valuetext", `turn ${t + 1} of ${last + 1}, ${turn.speaker}`);
    count.textContent = `${t + 1} of ${last + 1}`;
    previous.disabled = t === 0;
    next.disabled = t === last;
    chat(t);
    const felt = noted(emotions, turn);
    verdict.textContent = `${quoted(turn.told)}: “${quoted(turn.text)}” ` +
      `What was felt: ${felt}. The model says ${says(turn.model)}` +
      (turn.exact ? `; whoever knew everything could say ${says(turn.exact)}.` : ".");
    bars.replaceChildren();
    const thin = turn.exact ? "; thin line, the exact posterior" : "";
    element(bars, "h4", {}, `Each emotion: the model${thin}`);
    emotions.forEach((name, e) => {
      const values = turn.exact ? [turn.model[e], turn.exact[e]] : [turn.model[e]];
      const both = values.map((value, i) => [value, i === 0 ? emotion_colours[e] : null]);
      track({ text: name, marked: e === turn.emotion }, both, 1, values.map(percent).join(" · "));
    });
    element(bars, "h4", {}, "Gates, from 0 (ignored) to 2 (trusted double)");
    modalities.forEach((m, i) => {
      if (!turn.present[i]) return track({ text: m }, [], 2, "absent");
      track({ text: m }, [[turn.gates[i], modality_colours[i]]], 2, turn.gates[i].toFixed(2));
      element(bars, "small", {}, `alone it would say ${says(turn.alone[i])}`);
    });
    // The numbers as they are drawn, for tests to read.
    const { model: probability, exact, gates, alone } = turn;
    Object.assign(box.dataset, {
      dialogue: model.get("dialogue"), turn: t, speaker: turn.speaker, emotion: felt,
      predicted: emotions[likeliest(probability)],
      values: JSON.stringify({ model: probability, exact, gates, alone }) });
  }
  model.on("change:dialogue", draw);
  model.on("change:turn", draw);
  draw();
  return stop;
}

export default { render };
