// From one weight of stage 3 to the next: the same utterances, where each training run puts them.

const WIDTH = 640, HEIGHT = 440, EDGE = 14;
const SHOWN = ["weight", "weighted_f1", "speaker", "emotion"];

function render({ model, el }) {
  const [maps, scores] = [model.get("maps"), model.get("scores")];
  const labels = { speaker: model.get("speakers"), emotion: model.get("emotions") };
  const [colours, initials] = [model.get("colours"), model.get("letters")];
  const box = element(el, "div", { class: "mlsan-lambda" });

  const row = element(box, "label");
  element(row, "span", {}, "λ");
  const slider = element(row, "input", { type: "range", min: 0, max: maps.length - 1, step: 1 });
  const weight = element(row, "output");
  const pick = element(box, "label");
  element(pick, "span", {}, "Colours show the");
  const select = element(pick, "select");
  select.replaceChildren(new Option("speaker", "speaker"), new Option("emotion", "emotion"));

  const svg = element(box, "svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" });
  // The window follows the cloud, so that it fills the picture at every step.
  const windows = maps.map((points) => [0, 1].map((axis) => {
    const values = points.map((point) => point[axis]);
    return [Math.min(...values), Math.max(...values)];
  }));
  const scale = (value, [low, high], size) =>
    EDGE + (size - 2 * EDGE) * (value - low) / (high - low || 1);
  const centred = { "text-anchor": "middle", "dominant-baseline": "central" };
  const letters = labels.speaker.map((name, i) => {
    const letter = element(svg, "text", centred, initials[name]);
    element(letter, "title", {}, `${name}, ${labels.emotion[i]}`);
    return letter;
  });
  const key = element(box, "p", { class: "mlsan-key" });
  const verdict = element(box, "p", { class: "mlsan-verdict", "aria-live": "polite" });

  function draw() {
    const [step, kind] = [model.get("step"), model.get("colour")];
    const now = scores[step], [across, up] = windows[step];
    letters.forEach((letter, i) => {
      const [x, y] = maps[step][i];
      const [left, top] = [scale(x, across, WIDTH), HEIGHT - scale(y, up, HEIGHT)];
      letter.style.transform = `translate(${left}px, ${top}px)`;
      letter.style.fill = colours[kind][labels[kind][i]];
    });
    key.replaceChildren();
    for (const [name, colour] of Object.entries(colours[kind])) {
      const item = element(key, "span");
      element(item, "i", { style: `background:${colour}` });
      item.append(kind === "speaker" ? `${initials[name]} ${quoted(name)}` : name);
    }
    slider.value = step;
    slider.setAttribute("aria-valuetext", `lambda ${now.weight}`);
    weight.textContent = now.weight;
    select.value = kind;
    svg.setAttribute("aria-label", `Map of ${letters.length} utterances at lambda ${now.weight}, ` +
      `each the initials of its speaker, coloured by ${kind}.`);
    const share = (value) => `${(100 * value).toFixed(1)}%`;
    verdict.textContent = `λ = ${now.weight}: weighted F1 ${now.weighted_f1.toFixed(3)}. ` +
      `From these features a linear probe names the speaker of ${share(now.speaker)} ` +
      `of all test utterances, and the emotion of ${share(now.emotion)}.`;
    for (const name of SHOWN) box.setAttribute(`data-${name.replace("_", "-")}`, now[name]);
  }
  slider.addEventListener("input", () => {
    model.set("step", Number(slider.value));
    model.save_changes();
  });
  select.addEventListener("change", () => {
    model.set("colour", select.value);
    model.save_changes();
  });
  model.on("change:step", draw);
  model.on("change:colour", draw);
  draw();
}

export default { render };
