// Enrol somebody: pick utterances of a stranger, and hear.js makes of them what the model knows.

const WIDTH = 640, HEIGHT = 400;
const TALLEST = { gamma: 2, beta: 3 };      // where a bar of a strip ends

function render({ model, el }) {
  const config = model.get("config");
  const { modalities, emotions, dims, emotion_colours: colours } = config;
  const layer = unpack(model.get("layout_of_weights"), model.get("weights"));
  const all = floats(model.get("features"));
  let at = 0;
  const utterances = model.get("utterances").map((turn) => {
    const features = {};
    for (const m of modalities) features[m] = Array.from(all.slice(at, at += dims[m]));
    return { ...turn, features };
  });
  const people = [...new Set(utterances.map(({ speaker }) => speaker))];
  const own = people.map((name) =>
    [...utterances.keys()].filter((i) => utterances[i].speaker === name));
  const shifted = modalities.filter((m) => m in config.heard.places);

  // Where an utterance lies on the map, seen as of somebody.
  const { axes, means } = model.get("map");
  const place = ({ features }, vector) => {
    const x = shifted.flatMap((m) => calibrated(
      standardised(layer, m, features[m]), filmOf(layer, config, m, vector)));
    return axes.map((axis) => axis.reduce((total, weight, d) => total + weight * x[d], 0));
  };
  const nobody = new Array(config.speakerDim).fill(0);
  const raw = utterances.map((u) => place(u, nobody));

  const box = element(el, "div", { class: "mlsan-bench mlsan-enrol" });
  const pickPerson = choose(box, model, "person", "Stranger");
  const pickOnly = choose(box, model, "only", "Hear next");
  offer(pickPerson, people.map((name) => brief(quoted(name))));
  offer(pickOnly, ["whatever comes", ...emotions.map((name) => `of ${name} alone`)]);

  const set = (heard) => {
    model.set("heard", heard);
    model.save_changes();
  };
  const buttons = element(box, "div", { class: "mlsan-buttons" });
  const button = (action, text, press) => {
    const node = element(buttons, "button", { type: "button", "data-action": action }, text);
    node.addEventListener("click", press);
    return node;
  };
  const unheard = (rows) => rows.find((i) => !model.get("heard").includes(i));
  const nextOwn = () => unheard(own[model.get("person")].filter((i) =>
    !model.get("only") || utterances[i].emotion === model.get("only") - 1));
  const nextWrong = () =>
    unheard(people.flatMap((_, p) => (p === model.get("person") ? [] : own[p])));
  const add = (next) => () => set([...model.get("heard"), next()]);
  const more = button("more", "Hear one more", add(nextOwn));
  const wrong = button("wrong", "Hear somebody else by mistake", add(nextWrong));
  const forget = button("forget", "Forget everything", () => set([]));

  const svg = element(box, "svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" });
  const key = element(box, "p", { class: "mlsan-key" });
  emotions.forEach((name, e) => {
    element(key, "span", { style: `background:${colours[e]}` });
    element(key, "b", {}, name);
  });
  const verdict = element(box, "p", { class: "mlsan-verdict", "aria-live": "polite" });

  element(box, "h4", {}, "What was felt → what the model takes it for (press to hear it)");
  const said = element(box, "div", { class: "mlsan-said" });
  const bars = element(box, "div");

  function bar(name, value, most, colour, text) {
    const line = element(bars, "div", { class: "mlsan-row" });
    element(line, "span", {}, name);
    const track = element(line, "div", { class: "mlsan-track" });
    element(track, "i", { style: `width:${100 * value / most}%;background:${colour}` });
    element(line, "output", {}, text);
  }
  // One bar for each feature, upwards or downwards from the middle.
  function strip(name, values, most, colour) {
    const line = element(bars, "div", { class: "mlsan-row" });
    element(line, "span", {}, name);
    const size = Math.sqrt(values.reduce((total, v) => total + v * v, 0) / values.length);
    const label = `${name} of ${values.length} features, ${size.toFixed(2)} in the mean square`;
    const box_ = element(line, "div", { class: "mlsan-strip", role: "img", "aria-label": label });
    for (const value of values) {
      const high = 50 * Math.min(Math.abs(value) / most, 1);
      const from = value < 0 ? 50 : 50 - high;
      element(element(box_, "span"), "i",
        { style: `top:${from}%;height:${high}%;background:${colour}` });
    }
    element(line, "output", {}, `±${size.toFixed(2)}`);
  }

  function drawMap(mine, now, heard) {
    const reach = [...mine.map((i) => raw[i]), ...means];
    const ends = [0, 1].map((a) => reach.map((point) => point[a])).map((values) =>
      [Math.min(...values), Math.max(...values)]);
    const along = (value, [low, high]) => 0.07 + 0.86 * (value - low) / (high - low);
    const on = ([x, y]) => [WIDTH * along(x, ends[0]), HEIGHT * (1 - along(y, ends[1]))];
    svg.replaceChildren();
    means.forEach((mean, e) => {
      const [x, y] = on(mean);
      element(svg, "rect", { x: x - 9, y: y - 9, width: 18, height: 18, class: "mlsan-mean",
        transform: `rotate(45 ${x} ${y})`, fill: colours[e] });
    });
    mine.forEach((i, n) => {
      const [from, to] = [on(raw[i]), on(now[n])], colour = colours[utterances[i].emotion];
      element(svg, "path", { class: "mlsan-way", d: `M${from}L${to}` });
      element(svg, "circle", { class: "mlsan-raw", cx: from[0], cy: from[1], r: 6,
        stroke: colour });
      element(svg, "circle", { cx: to[0], cy: to[1], r: 7, fill: colour,
        class: heard.includes(i) ? "mlsan-heard" : "" });
    });
  }

  function draw() {
    const [person, heard, only] = ["person", "heard", "only"].map((name) => model.get(name));
    const mine = own[person], name = quoted(people[person]);
    const vector = hear(layer, config, heard.map((i) => utterances[i]));
    const seen = (v) => mine.map((i) => {
      const { gates, fused } = represent(layer, config, utterances[i], v);
      return { gates, probability: classify(layer, config, fused) };
    });
    const [now, before] = [seen(vector), seen(nobody)], { gates } = now[0];
    const top = ({ probability }) => probability.indexOf(Math.max(...probability));
    const left = [...mine.keys()].filter((n) => !heard.includes(mine[n]));
    const right = (views) =>
      left.filter((n) => top(views[n]) === utterances[mine[n]].emotion).length;
    const open = Object.fromEntries(shifted.map((m) => [m, unsure(layer, m,
      heard.filter((i) => utterances[i].present[modalities.indexOf(m)]).length)]));

    pickPerson.value = person;
    pickOnly.value = only;
    more.disabled = nextOwn() === undefined;
    wrong.disabled = nextWrong() === undefined;
    forget.disabled = heard.length === 0;
    svg.setAttribute("aria-label", `Each dot is an utterance of ${name}: hollow where it was ` +
      "recorded, filled where calibration puts it, outlined if it was heard. Diamonds mark where " +
      "each emotion of the people of train lies on the average.");
    drawMap(mine, mine.map((i) => place(utterances[i], vector)), heard);

    const others = heard.filter((i) => !mine.includes(i)).length;
    const count = (n) => `${n} utterance${n === 1 ? "" : "s"}`;
    const known = heard.length === 0 ? `Nothing was heard of ${name}, who is the unknown speaker`
      : `${name} is known by ${count(heard.length)}` +
        (others ? `, ${others} of them somebody else's` : "");
    const share = (n) => `${n} of ${left.length}`;
    verdict.textContent = `${known}. ` + (left.length
      ? `Of the others, the model names ${share(right(now))} rightly; told nothing, ` +
        `${share(right(before))}.` : "No other is left to be judged by.");

    const focused = [...said.children].indexOf(document.activeElement);
    said.replaceChildren();
    mine.forEach((i, n) => {
      const { emotion } = utterances[i], guess = top(now[n]);
      const pressed = heard.includes(i);
      const node = element(said, "button", { type: "button", "aria-pressed": pressed });
      element(node, "i", { class: "mlsan-dot", style: `background:${colours[emotion]}` });
      const sure = Math.round(100 * now[n].probability[guess]);
      element(node, "span", {}, `${noted(emotions, utterances[i])} → ${emotions[guess]}, ` +
        `${sure}%\u00a0${guess === emotion ? "✓" : "✗"}`);
      node.addEventListener("click", () =>
        set(pressed ? heard.filter((other) => other !== i) : [...heard, i]));
    });
    said.children[focused]?.focus();

    bars.replaceChildren();
    element(bars, "h4", {}, "Left open: of the variance between people, the share not yet known");
    shifted.forEach((m) => bar(m, open[m], 1, colourOf(m), `${Math.round(100 * open[m])}%`));
    element(bars, "h4", {}, "γ and β of each feature");
    for (const m of shifted) {
      const film = filmOf(layer, config, m, vector), D = film.length / 2;
      strip(`γ, ${m}`, film.slice(0, D), TALLEST.gamma, colourOf(m));
      strip(`β, ${m}`, film.slice(D), TALLEST.beta, colourOf(m));
    }
    if (config.stages.includes("gating")) {
      element(bars, "h4", {}, "Gates, from 0 (ignored) to 2 (trusted double)");
      modalities.forEach((m, i) => bar(m, gates[i], 2, colourOf(m), gates[i].toFixed(2)));
    }
    const found = { vector, unsure: open, gates,
      probability: now.map(({ probability }) => probability) };
    box.dataset.found = JSON.stringify(found);
    model.set("found", found);
    model.save_changes();
  }
  const colourOf = (m) => config.modality_colours[modalities.indexOf(m)];
  model.on("change:person", () => {
    model.set("heard", []);
    draw();
  });
  for (const trait of ["heard", "only"]) model.on(`change:${trait}`, draw);
  draw();
}

export default { render };
