// What the benches share that show utterances as letters in a plane.
// Tests hold nearestMeanAccuracy to its twin, nearest_mean_accuracy in calibration_bench.py.

function nearestMeanAccuracy(points, labels) {
  const sums = new Map();
  points.forEach(([x, y], i) => {
    const s = sums.get(labels[i]) ?? [0, 0, 0];
    sums.set(labels[i], [s[0] + x, s[1] + y, s[2] + 1]);
  });
  const means = [...sums].map(([name, [x, y, n]]) => [name, x / n, y / n]);
  const right = points.filter(([x, y], i) => {
    let best = Infinity, nearest;
    for (const [name, mx, my] of means) {
      const far = (x - mx) ** 2 + (y - my) ** 2;
      if (far < best) [best, nearest] = [far, name];
    }
    return nearest === labels[i];
  });
  return right.length / points.length;
}

const share = (value) => `${Math.round(100 * value)}%`;

// What colours and letters stand for; returns what fills the colours in anew.
function cloudKey(box, initials) {
  const key = element(box, "p", { class: "mlsan-key" });
  const letters = Object.entries(initials).map(([name, own]) => `${own} ${quoted(name)}`).sort();
  return (colours) => {
    key.replaceChildren();
    for (const [name, colour] of Object.entries(colours)) {
      element(key, "span", { style: `background:${colour}` });
      element(key, "b", {}, name);
    }
    element(key, "i", {}, letters.join(", "));
  };
}

// How well the nearest mean names speaker and emotion; told in a sentence and in the box's data.
function judge(box, verdict, points, speakers, emotions) {
  const accuracy = {
    speaker: nearestMeanAccuracy(points, speakers),
    emotion: nearestMeanAccuracy(points, emotions),
  };
  const chance = (labels) => share(1 / new Set(labels).size);
  verdict.textContent = "From this picture the nearest mean names the speaker of " +
    `${share(accuracy.speaker)} of the utterances (chance ${chance(speakers)}) ` +
    `and the emotion of ${share(accuracy.emotion)} (chance ${chance(emotions)}).`;
  Object.assign(box.dataset, accuracy);
  return accuracy;
}
