// The run's events, and what both pages have around them: state of the connection, pause, colours, words for all.

export const about = JSON.parse(document.getElementById("about").textContent);
export const element = (id) => document.getElementById(id);

const SILENT = 2500; // milliseconds without an event after which it is told
const AGAIN = 4000; // milliseconds to the next try where the server does not let us in
const SPOKEN = 5000; // milliseconds from one announcement to the next
const HATCH = "url(#hatch)";
const SVG = "http://www.w3.org/2000/svg";

export function svg(name, attributes = {}, text = "") {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}

export const colour = (emotion) => about.colours[emotion] ?? HATCH;

export function legend() {
  const entries = [...Object.keys(about.colours), "uncertain"].map((name) => {
    const entry = document.createElement("li");
    const key = svg("svg", { viewBox: "0 0 12 12", "aria-hidden": "true" });
    key.append(svg("rect", { width: 12, height: 12, fill: colour(name) }));
    entry.append(key, name);
    return entry;
  });
  element("legend").replaceChildren(...entries);
}

function tell(state, words) {
  const place = element("connection");
  if (place.textContent === words) return; // it is read aloud whenever it changes
  place.dataset.state = state;
  place.textContent = words;
}

// Calls take(event) for each event; an event is an object.
export function follow(take) {
  let last = performance.now(), seen = false, over = false, lost = false;
  const open = () => {
    const events = new EventSource("events");
    events.addEventListener("run", (message) => {
      if (message.data !== about.run) location.reload(); // another run has the port now
      lost = false;
      last = performance.now();
    });
    events.onmessage = (message) => {
      last = performance.now();
      seen = true;
      tell("live", "live");
      take(JSON.parse(message.data));
    };
    events.addEventListener("end", () => {
      over = true;
      events.close();
      tell("over", "the run has ended");
      document.dispatchEvent(new Event("over"));
    });
    events.onerror = () => {
      if (over) return;
      lost = true;
      tell("lost", seen ? "connection lost, trying again" : "no connection: the run has ended or has too many viewers; trying again");
      if (events.readyState === EventSource.CLOSED) setTimeout(open, AGAIN);
    };
  };
  open();
  setInterval(() => {
    if (over || lost) return;
    const silent = performance.now() - last;
    if (!seen) tell("waiting", "waiting for the first frame");
    else if (silent > SILENT && !about.page.startsWith("intervals")) tell("waiting", "no new frame: the source is silent");
  }, 500);
}

// A button that stays pressed; calls change(pressed).
export function toggle(id, change) {
  const button = element(id);
  button.addEventListener("click", () => {
    const pressed = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", pressed);
    change(pressed);
  });
}

// Words for those who do not see the page: at most one announcement in five seconds, the newest, and only if it changed.
export function announcer() {
  let next = "", timer = 0;
  const speak = () => {
    timer = 0;
    if (element("state").textContent === next) return;
    element("state").textContent = next;
    timer = setTimeout(speak, SPOKEN);
  };
  return (words) => {
    next = words;
    if (!timer) speak();
  };
}
