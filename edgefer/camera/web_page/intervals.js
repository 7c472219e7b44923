// The page of a run that tells nothing about single people: a column an interval, split by the emotions of all faces.

import { announcer, colour, element, follow, legend, svg, toggle } from "./stream.js";

const COLUMNS = 48;
const GAP = 0.15; // of a column's width

const kept = [];
const announce = announcer();
let paused = false;

function take(interval) {
  kept.push(interval);
  if (kept.length > COLUMNS) kept.shift();
  draw();
}

function draw() {
  const newest = kept.at(-1);
  if (paused || !newest) return;
  const { start, seconds, frames, most, uncertain } = newest;
  element("start").textContent = start;
  element("frames").textContent = frames;
  element("most").textContent = most;
  element("uncertain").textContent = percent(uncertain);
  const drawing = element("columns"), words = describe(newest);
  drawing.setAttribute("viewBox", `0 0 ${COLUMNS} 100`);
  drawing.setAttribute("preserveAspectRatio", "none");
  drawing.replaceChildren(svg("rect", { class: "back", width: COLUMNS, height: 100 }), ...kept.flatMap(column));
  drawing.setAttribute("aria-label", words);
  element("first").textContent = kept.length === COLUMNS ? `second ${kept[0].start}` : "";
  element("last").textContent = `second ${start} to ${start + seconds}`;
  announce(words);
}

function column(interval, index) {
  const x = COLUMNS - kept.length + index;
  let y = 100;
  return Object.entries({ ...interval.emotions, uncertain: interval.uncertain }).filter(([, share]) => share).map(([name, share]) => {
    y -= share * 100;
    const box = { x, y, width: 1 - GAP, height: share * 100, fill: colour(name), "vector-effect": "non-scaling-stroke" };
    return svg("rect", box);
  });
}

function describe({ start, seconds, most, emotions, uncertain }) {
  const shares = Object.entries({ ...emotions, uncertain }).filter(([, share]) => share).sort((a, b) => b[1] - a[1]);
  const told = shares.map(([name, share]) => `${name} ${percent(share)}`).join(", ");
  return `second ${start} to ${start + seconds}: at most ${most} ${most === 1 ? "face" : "faces"} at once${told ? `; ${told}` : ""}`;
}

const percent = (share) => `${Math.round(share * 100)} %`;

legend();
toggle("pause", (pressed) => { paused = pressed; draw(); });
follow(take);
