// One person's emotions over the last minute: height is how sure the model was, colour and words are which emotion.

import { colour, svg } from "./stream.js";

const SECONDS = 60, NARROW = { width: 500, seconds: 30 }; // what is kept; a narrow drawing, in pixels, shows less
const WIDTH = 600, TOP = 18, HEIGHT = 42; // of the drawing; the width is in units, the rest in pixels
const STEP = 10; // seconds between ticks
const LETTER = 6.8, ROOM = 6; // pixels of a letter, and beside a word
const OVERHANG = 0.6; // the least share of a word that its stretch is as wide as

export class Lane {
  constructor(name) {
    this.name = name;
    this.samples = []; // {time, emotion, score}; emotion null where the person was not seen from then on
    this.item = document.createElement("li");
    this.item.className = "lane";
    const title = document.createElement("h3");
    const who = document.createElement("span");
    who.textContent = name;
    this.now = document.createElement("b");
    title.append(who, this.now);
    this.drawing = svg("svg", { role: "img" });
    this.item.append(title, this.drawing);
  }

  add(time, face) {
    const last = this.samples.at(-1);
    if (!face && (!last || last.emotion === null)) return;
    this.samples.push({ time, emotion: face ? face.emotion : null, score: face ? face.score : 0 });
  }

  // Forget what is older than the drawing shows. False when nothing is left.
  prune(now) {
    while (this.samples.length > 1 && this.samples[1].time <= now - SECONDS) this.samples.shift();
    const only = this.samples.length === 1 ? this.samples[0] : null;
    return !(only && only.emotion === null && only.time <= now - SECONDS);
  }

  // marks: {time}, of the session.
  draw(now, marks) {
    const width = this.drawing.clientWidth, seconds = shownSeconds(width);
    const share = (time) => shareOf(time, now, seconds);
    const { emotion, score } = this.samples.at(-1);
    this.item.classList.toggle("gone", emotion === null);
    this.now.textContent = words(emotion, score);
    const plot = svg("svg", { y: TOP, width: "100%", height: HEIGHT, viewBox: `0 0 ${WIDTH} 100`, preserveAspectRatio: "none" });
    plot.append(svg("rect", { class: "back", width: WIDTH, height: 100 }));
    const texts = [];
    for (let ago = STEP; ago < seconds; ago += STEP) {
      const x = share(now - ago);
      plot.append(svg("line", { class: "tick", x1: x * WIDTH, x2: x * WIDTH, y1: 0, y2: 100, "vector-effect": "non-scaling-stroke" }));
      if (ago % (seconds / 3) === 0) texts.push(svg("text", { class: "ago", x: percent(x), y: TOP + HEIGHT + 13, "text-anchor": "middle" }, `${ago} s ago`));
    }
    texts.push(svg("text", { class: "ago", x: "100%", y: TOP + HEIGHT + 13, "text-anchor": "end" }, "now"));
    let free = 0; // pixels from the left where no word stands yet
    for (const run of this.runs(now)) {
      plot.append(svg("path", { class: "area", d: outline(run, share), fill: colour(run.emotion) }));
      const from = share(run.from) * width, wide = run.emotion.length * LETTER + ROOM, left = Math.min(from, width - wide);
      if (left < free || share(run.to) * width - from < OVERHANG * wide) continue;
      free = left + wide;
      texts.push(svg("text", { class: "word", x: left + 2, y: TOP - 5 }, run.emotion));
    }
    for (const { time } of marks) {
      const x = share(time) * WIDTH;
      plot.append(svg("line", { class: "mark", x1: x, x2: x, y1: 0, y2: 100, "vector-effect": "non-scaling-stroke" }));
    }
    this.drawing.replaceChildren(plot, ...texts);
    this.drawing.dataset.until = now;
  }

  // Stretches of one emotion: {emotion, from, to, samples}, in seconds.
  runs(now) {
    const found = [];
    this.samples.forEach((sample, index) => {
      const until = this.samples[index + 1]?.time ?? now, last = found.at(-1);
      if (sample.emotion === null) return;
      if (last && last.emotion === sample.emotion && last.to === sample.time) {
        last.to = until;
        last.samples.push(sample);
      } else found.push({ emotion: sample.emotion, from: sample.time, to: until, samples: [sample] });
    });
    return found;
  }

  // What the drawing shows, in words.
  describe(now) {
    const seconds = {};
    for (const { emotion, from, to } of this.runs(now)) {
      seconds[emotion] = (seconds[emotion] ?? 0) + to - Math.max(from, now - SECONDS);
    }
    const times = Object.entries(seconds).sort((a, b) => b[1] - a[1]).map(([emotion, time]) => `${emotion} ${Math.round(time)} s`);
    const { emotion, score } = this.samples.at(-1);
    this.drawing.setAttribute("aria-label", `${this.name}, now ${words(emotion, score)}; in the last minute ${times.join(", ")}`);
  }
}

// What a drawing of so many pixels shows, and where in it a moment is, 0..1.
export const shownSeconds = (width) => width < NARROW.width ? NARROW.seconds : SECONDS;
export const shareOf = (time, now, seconds) => Math.max(0, 1 - (now - time) / seconds);

export function words(emotion, score) {
  if (emotion === null) return "not in view";
  return emotion === "uncertain" ? emotion : `${emotion} ${Math.round(score * 100)} %`;
}

const percent = (part) => `${(part * 100).toFixed(2)}%`;

function outline(run, share) {
  const x = (time) => (share(time) * WIDTH).toFixed(1);
  const points = run.samples.map(({ time, score }) => `L${x(time)} ${(100 - score * 100).toFixed(0)}`);
  const level = (100 - run.samples.at(-1).score * 100).toFixed(0);
  return `M${x(run.from)} 100${points.join("")}L${x(run.to)} ${level}V100Z`;
}
