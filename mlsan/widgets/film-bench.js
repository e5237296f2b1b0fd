// FiLM by hand: give each speaker a gamma and a beta per axis, by slider or pulling at the cloud.

const WIDTH = 640, HEIGHT = 440;
const REACH = 2;      // so many standard deviations lie between a ring and its middle
const LIMITS = { gamma: [-0.95, 2.5], beta: [-8, 8] };      // a gamma of -1 would leave a point

function render({ model, el }) {
  const [points, speakers, emotions] =
    ["points", "speakers", "emotions"].map((name) => model.get(name));
  const [undo, colours, initials] = ["undo", "colours", "letters"].map((name) => model.get(name));
  const names = Object.keys(undo), axes = [0, 1];
  const box = element(el, "div", { class: "mlsan-bench mlsan-film" });

  const pickSpeaker = choose(box, model, "chosen", "Speaker");
  const pickColour = choose(box, model, "colour", "Colour by");
  pickSpeaker.replaceChildren(...names.map((name) => new Option(brief(name), name)));
  pickColour.replaceChildren(new Option("emotion"), new Option("speaker"));

  // One unit is as long across as up, and the origin, from which FiLM stretches, is in the middle.
  const most = 1.12 * Math.max(...points.flat().map(Math.abs));
  const unit = HEIGHT / 2 / most;
  const place = ([x, y]) => [WIDTH / 2 + unit * x, HEIGHT / 2 - unit * y];
  const svg = element(box, "svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img",
    "aria-label":
      "Each letter is an utterance, named after its speaker; a ring marks the chosen speaker's.",
  });
  const cross = `M0 ${HEIGHT / 2}H${WIDTH}M${WIDTH / 2} 0V${HEIGHT}`;
  element(svg, "path", { class: "mlsan-axes", d: cross });
  const letters = speakers.map((name) =>
    element(svg, "text", { "text-anchor": "middle", dy: ".35em" }, initials[name]));
  const ring = element(svg, "ellipse", { class: "mlsan-ring" });
  const handle = element(svg, "g", { class: "mlsan-handle" });
  element(handle, "circle", { r: 26, class: "mlsan-hit" });     // unseen, wide enough for a finger
  element(handle, "circle", { r: 9 });

  const sliders = ["gamma", "beta"].flatMap((which) => axes.map((axis) => {
    const row = element(box, "label");
    element(row, "span", {}, `${which} ${["across", "up"][axis]}`);
    const [min, max] = LIMITS[which];
    const input = element(row, "input", {
      type: "range", min, max, step: 0.05, "data-film": `${which}-${axis}` });
    input.addEventListener("input", () => {
      const film = chosenFilm();
      film[which][axis] = Number(input.value);
      give(model.get("chosen"), film);
    });
    return { which, axis, input, number: element(row, "output") };
  }));

  const buttons = element(box, "div", { class: "mlsan-buttons" });
  const button = (action, press) => {
    const node = element(buttons, "button", { type: "button", "data-action": action });
    node.addEventListener("click", press);
    return node;
  };
  const nothing = () => ({ gamma: [0, 0], beta: [0, 0] });
  const everybody = (film) => {
    model.set("film", Object.fromEntries(names.map((name) => [name, film(name)])));
    model.save_changes();
  };
  const undoOne = button("undo", () => give(model.get("chosen"), undo[model.get("chosen")]));
  button("undo-all", () => everybody((name) => undo[name])).textContent = "Undo everybody's";
  button("reset", () => everybody(nothing)).textContent = "Reset";

  const nameColours = cloudKey(box, initials);
  const verdict = element(box, "p", { class: "mlsan-verdict", "aria-live": "polite" });

  // A speaker's mean and standard deviation before FiLM, on each axis.
  const moments = Object.fromEntries(names.map((name) => [name, axes.map((axis) => {
    const values = points.filter((_, i) => speakers[i] === name).map((point) => point[axis]);
    const mean = values.reduce((a, b) => a + b) / values.length;
    return { mean, sd: Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length) };
  })]));
  const filmOf = (name) => model.get("film")[name] ?? nothing();
  const chosenFilm = () => structuredClone(filmOf(model.get("chosen")));
  const clamp = (which, value) => Math.min(Math.max(value, LIMITS[which][0]), LIMITS[which][1]);

  function give(name, film) {
    const within = (which) => film[which].map((value) => Number(clamp(which, value).toFixed(3)));
    const own = { gamma: within("gamma"), beta: within("beta") };
    model.set("film", { ...model.get("film"), [name]: own });
    model.save_changes();
  }

  // Where the pointer is, in the picture's own units.
  const pointer = (event) => {
    const toPicture = svg.getScreenCTM().inverse();
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(toPicture);
    return [(x - WIDTH / 2) / unit, (HEIGHT / 2 - y) / unit];
  };
  function drags(node, begin) {
    let move = null;
    node.addEventListener("pointerdown", (event) => {
      node.setPointerCapture(event.pointerId);
      move = begin(pointer(event), chosenFilm());
      event.preventDefault();
    });
    node.addEventListener("pointermove", (event) => {
      if (move) give(model.get("chosen"), move(pointer(event)));
    });
    for (const end of ["pointerup", "pointercancel"]) {
      node.addEventListener(end, () => { move = null; });
    }
  }
  drags(ring, (start, film) => (now) => ({
    gamma: film.gamma, beta: axes.map((a) => film.beta[a] + now[a] - start[a]) }));
  // The handle stretches the cloud about its own middle, so beta makes up for what gamma moves.
  drags(handle, (_, film) => {
    const own = moments[model.get("chosen")];
    const middle = axes.map((a) => (1 + film.gamma[a]) * own[a].mean + film.beta[a]);
    return (now) => {
      const gamma = axes.map((a) => clamp("gamma", (now[a] - middle[a]) / (REACH * own[a].sd) - 1));
      return { gamma, beta: axes.map((a) => middle[a] - (1 + gamma[a]) * own[a].mean) };
    };
  });

  const set = (node, attributes) => {
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  };

  function draw() {
    const [chosen, colour] = [model.get("chosen"), model.get("colour")];
    const film = Object.fromEntries(names.map((name) => [name, filmOf(name)]));
    const moved = points.map((point, i) => {
      const { gamma, beta } = film[speakers[i]];
      return axes.map((a) => (1 + gamma[a]) * point[a] + beta[a]);        // Eq. calibration
    });
    moved.forEach((point, i) => {
      const [x, y] = place(point);
      const label = (colour === "emotion" ? emotions : speakers)[i];
      set(letters[i], { x, y, fill: colours[colour][label] });
      letters[i].classList.toggle("mlsan-chosen", speakers[i] === chosen);
    });
    const { gamma, beta } = film[chosen], own = moments[chosen];
    const middle = place(axes.map((a) => (1 + gamma[a]) * own[a].mean + beta[a]));
    const [rx, ry] = axes.map((a) => unit * REACH * own[a].sd * (1 + gamma[a]));
    set(ring, { cx: middle[0], cy: middle[1], rx, ry });
    set(handle, { transform: `translate(${middle[0] + rx} ${middle[1] - ry})` });

    pickSpeaker.value = chosen;
    pickColour.value = colour;
    sliders.forEach(({ which, axis, input, number }) => {
      const value = film[chosen][which][axis];
      input.value = value;
      number.textContent = value.toFixed(2).replace("-", "−");
      input.setAttribute("aria-valuetext", number.textContent);
    });
    undoOne.textContent = `Undo ${quoted(brief(chosen))}'s gain and shift`;
    nameColours(colours[colour]);
    box.dataset.film = JSON.stringify(film);
    model.set("accuracy", judge(box, verdict, moved, speakers, emotions));
    model.save_changes();
  }
  for (const trait of ["film", "chosen", "colour"]) model.on(`change:${trait}`, draw);
  draw();
}

export default { render };
