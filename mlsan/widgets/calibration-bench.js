// Slide utterances from where they were recorded to where calibration puts them.

const WIDTH = 640, HEIGHT = 420, EDGE = 16;

function render({ model, el }) {
  const [raw, calibrated] = [model.get("raw"), model.get("calibrated")];
  const [speakers, emotions] = [model.get("speakers"), model.get("emotions")];
  const [colours, initials] = [model.get("colours"), model.get("letters")];
  const box = element(el, "div", { class: "mlsan-bench" });

  const label = element(box, "label");
  element(label, "span", {}, "Calibration");
  const slider = element(label, "input", {
    type: "range", min: 0, max: 1, step: 0.01, value: model.get("amount") });
  const amount = element(label, "output");

  const svg = element(box, "svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img",
    "aria-label":
      "Each letter is an utterance, named after its speaker and coloured by its emotion.",
  });
  // The window follows the cloud, so that it fills the picture wherever the slider stands.
  const edges = (points) => [0, 1].flatMap((axis) => {
    const values = points.map((point) => point[axis]);
    return [Math.min(...values), Math.max(...values)];
  });
  const [rawEdges, calibratedEdges] = [edges(raw), edges(calibrated)];
  const between = (from, to, t) => from.map((start, i) => start + t * (to[i] - start));
  const place = ([x, y], t) => {
    const [left, right, low, high] = between(rawEdges, calibratedEdges, t);
    return [EDGE + (WIDTH - 2 * EDGE) * (x - left) / (right - left || 1),
      HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * (y - low) / (high - low || 1)];
  };
  const letters = speakers.map((name, i) => element(
    svg, "text", { fill: colours[emotions[i]], "text-anchor": "middle" }, initials[name]));

  cloudKey(box, initials)(colours);
  const verdict = element(box, "p", { class: "mlsan-verdict", "aria-live": "polite" });

  function draw() {
    const t = model.get("amount");
    const points = raw.map((point, i) => between(point, calibrated[i], t));
    points.forEach((p, i) => {
      const [x, y] = place(p, t);
      letters[i].setAttribute("x", x);
      letters[i].setAttribute("y", y);
    });
    slider.value = t;
    slider.setAttribute("aria-valuetext", share(t));
    amount.textContent = share(t);
    model.set("accuracy", judge(box, verdict, points, speakers, emotions));
    model.save_changes();
  }
  slider.addEventListener("input", () => { model.set("amount", Number(slider.value)); });
  model.on("change:amount", draw);
  draw();
}

export default { render };
