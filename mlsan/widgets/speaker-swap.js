// The same words from someone else: the model of forward.js, and controls to choose who speaks.

function render({ model, el }) {
  const config = model.get("config");
  const { modalities, emotions, speakers } = config;
  const layer = unpack(model.get("layout_of_weights"), model.get("weights"));
  const dialogues = withFeatures(model.get("dialogues"), model.get("features"), config);
  const box = element(el, "div", { class: "mlsan-swap" });

  const [pickDialogue, pickTurn, pickSpeaker] =
    [["dialogue", "Conversation"], ["turn", "Turn"], ["speaker", "Said by"]].map(
      ([trait, text]) => choose(box, model, trait, text));
  pickDialogue.addEventListener("change", () => {
    model.set("turn", 0);
    model.save_changes();
  });
  const talk = element(box, "ol", { class: "mlsan-talk" });
  const verdict = element(box, "p", { "aria-live": "polite", class: "mlsan-verdict" });
  const bars = element(box, "div", { class: "mlsan-bars" });

  function draw() {
    const turns = dialogues[model.get("dialogue")];
    const t = Math.min(model.get("turn"), turns.length - 1);
    const rows = turns.map(({ row }) => row);
    const other = model.get("speaker");
    const swapped = rows.map((row, i) => (i === t ? other : row));
    const [before, after] = [rows, swapped].map((said) => forward(layer, config, turns, said)[t]);

    const cast = (turns) => [...new Set(turns.map((turn) => quoted(turn.speaker)))].join(", ");
    const places = dialogues.map((d, i) => brief(`${i + 1}: ${cast(d)}`));
    offer(pickDialogue, places, model.get("dialogue"));
    offer(pickTurn, turns.map(({ speaker, text }, i) =>
      brief(`${i + 1}. ${quoted(speaker)}: ${quoted(text)}`)), t);
    const people = speakers.map(quoted), truly = quoted(turns[t].told);
    offer(pickSpeaker, people.map((name, i) =>
      (i === rows[t] ? `${brief(i ? name : truly)} (who really did)` : brief(name))), other);
    const given = other === rows[t] ? truly : people[other];
    talk.replaceChildren();
    turns.forEach((turn, i) => {
      const line = element(talk, "li", i === t ? { "aria-current": "true" } : {});
      element(line, "b", {}, `${i === t ? given : quoted(turn.speaker)}: `);
      element(line, "bdi", {}, turn.text);
    });

    const best = ({ probability }) => {
      const p = Math.max(...probability);
      return `${emotions[probability.indexOf(p)]}, ${Math.round(100 * p)}%`;
    };
    verdict.textContent = `From ${truly} the model hears ${best(before)}. ` +
      `From ${given} it hears ${best(after)}. What was felt: ${noted(emotions, turns[t])}.`;
    bars.replaceChildren();
    const pair = (name, values, most, colour, format, instead) => {
      element(bars, "span", {}, name);
      const track = element(bars, "div", { class: "mlsan-track" });
      values.forEach((value, i) => {
        const bar = element(track, "i", { class: i ? "after" : "before" });
        bar.style.width = `${100 * value / most}%`;
        if (i) bar.style.background = colour;       // what was before stays grey
      });
      element(bars, "output", {}, instead ?? values.map(format).join(" → "));
    };
    element(bars, "h4", {}, "Probability of each emotion");
    const both = (what, i) => [before[what][i], after[what][i]];
    emotions.forEach((name, e) => pair(name, both("probability", e), 1, config.emotion_colours[e],
      (value) => `${Math.round(100 * value)}%`));
    if (config.stages.includes("gating")) {
      element(bars, "h4", {}, "Gates, from 0 (ignored) to 2 (trusted double)");
    }
    modalities.forEach((m, i) => {
      if (!turns[t].present[i]) pair(m, [], 2, "", null, "absent");
      else if (config.stages.includes("gating")) {
        pair(m, both("gates", i), 2, "currentColor", (value) => value.toFixed(2));
      }
    });
    const shown = { spoken: before.probability, swapped: after.probability };
    box.dataset.probability = JSON.stringify(shown);
    model.set("probability", shown);
    model.save_changes();
  }
  for (const trait of ["dialogue", "turn", "speaker"]) model.on(`change:${trait}`, draw);
  draw();
}

// Every turn's own features, cut from the buffer that holds all turns' one after another.
function withFeatures(dialogues, view, { modalities, dims }) {
  const all = floats(view);
  let at = 0;
  return dialogues.map((turns) => turns.map((turn) => {
    const features = {};
    for (const m of modalities) features[m] = Array.from(all.slice(at, at += dims[m]));
    return { ...turn, features };
  }));
}

export default { render };
