// The page with the live view: one lane a person, figures of the run, words for screen readers.

import { Lane, shareOf, shownSeconds, words } from "./lane.js";
import { describeMarks, drawMarks } from "./marks.js";
import { pictures } from "./picture.js";
import { announcer, element, follow, legend, toggle } from "./stream.js";

const LANES = 16; // as many are drawn; a crowd is counted
const DESCRIBED = 2000; // milliseconds between changes of the words behind the drawings
const CALM = 1000; // milliseconds between drawings for those who want no motion

const lanes = new Map(); // by track, in order of appearance
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const announce = announcer();
let paused = false, hidden = false, newest = null, drawn = 0, described = 0;

function take(event) {
  const faces = new Map(event.faces.map((face, index) => [face.track ?? `face ${index + 1}`, face]));
  for (const key of faces.keys()) {
    if (!lanes.has(key)) lanes.set(key, new Lane(typeof key === "number" ? `Person ${key}` : `Face ${key.slice(5)}`));
  }
  for (const [key, lane] of lanes) {
    lane.add(event.time, faces.get(key));
    if (!lane.prune(event.time)) {
      lane.item.remove();
      lanes.delete(key);
    }
  }
  newest = event;
  draw();
}

function draw() {
  const now = performance.now();
  if (paused || !newest || (calm.matches && now - drawn < CALM)) return;
  drawn = now;
  const { faces, fps, age_ms, dropped, time } = newest;
  element("count").textContent = faces.length;
  element("fps").textContent = fps ? fps.toFixed(1) : "–";
  element("age").textContent = age_ms === null ? "–" : `${age_ms} ms`;
  element("dropped").textContent = dropped ?? "–";
  const seconds = shownSeconds(element("lanes").clientWidth), marks = newest.marks.filter((mark) => time - mark.time < seconds);
  const shown = [...lanes.values()].slice(-LANES), rest = lanes.size - shown.length;
  for (const lane of lanes.values()) {
    if (!shown.includes(lane)) lane.item.remove();
  }
  for (const lane of shown) {
    if (!lane.item.isConnected) element("lanes").append(lane.item);
    lane.draw(time, marks);
  }
  drawMarks(marks, (moment) => shareOf(moment, time, seconds));
  element("nobody").hidden = lanes.size > 0;
  element("more").hidden = rest === 0;
  element("more").textContent = `and ${rest} more, who came before these`;
  if (now - described < DESCRIBED) return;
  described = now;
  for (const lane of shown) lane.describe(time);
  describeMarks(marks, time);
  const people = [...lanes.values()].filter((lane) => lane.samples.at(-1).emotion !== null);
  const each = people.map((lane) => `${lane.name} ${words(lane.samples.at(-1).emotion, 0).replace(" 0 %", "")}`);
  announce(people.length ? `${people.length} in view: ${each.join(", ")}` : "nobody in view");
}

legend();
const look = pictures(() => !paused && !hidden);
toggle("pause", (pressed) => { paused = pressed; draw(); look(); });
toggle("hide", (pressed) => {
  hidden = pressed;
  document.querySelector(".frame").hidden = pressed;
  look();
});
follow(take);
