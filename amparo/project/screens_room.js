// Stands in for the gateway's module while the page of a class is photographed: drawn people instead of cameras.
const SCREEN = "/drawn-screen.jpg";
const COLOURS = ["#2f6f73", "#7a5c8e", "#8a6a3a"];

function streamOf(width, height, draw) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const pen = canvas.getContext("2d");
  const stream = canvas.captureStream(5);
  const again = () => { draw(pen); setTimeout(again, 200); };
  again();
  return stream;
}

function person(pen, colour) {
  pen.fillStyle = "#dfe7e8";
  pen.fillRect(0, 0, 640, 360);
  pen.fillStyle = "#c9d5d7";
  pen.fillRect(430, 40, 150, 120);
  pen.fillStyle = colour;
  pen.beginPath(); pen.ellipse(320, 380, 165, 150, 0, Math.PI, 0); pen.fill();
  pen.fillStyle = "#c89f7f";
  pen.beginPath(); pen.arc(320, 165, 68, 0, 2 * Math.PI); pen.fill();
  pen.fillStyle = "#3b2d26";
  pen.beginPath(); pen.arc(320, 150, 70, Math.PI, 0); pen.fill();
}

export class Room extends EventTarget {
  async enter() {
    const tell = (name, detail) => this.dispatchEvent(new CustomEvent(name, { detail }));
    const words = [...document.querySelectorAll("#class-side [data-person]")].map((one) => one.dataset.person);
    const own = document.querySelector("#class-side [data-own]").dataset.word;
    const image = await new Promise((done) => { const made = new Image(); made.onload = () => done(made); made.src = SCREEN; });
    tell("state", { state: "inside" });
    tell("feed", { feed: "screen", participant: words[0], screen: true, self: own === words[0], stream: streamOf(960, 600, (pen) => pen.drawImage(image, 0, 0)) });
    words.forEach((participant, number) => {
      const stream = streamOf(640, 360, (pen) => person(pen, COLOURS[number % COLOURS.length]));
      tell("feed", { feed: `camera-${number}`, participant, screen: false, self: own === participant, stream });
    });
    tell("talking", { participant: words[0], on: true });
  }

  async publish() {}

  async leave() {}
}
