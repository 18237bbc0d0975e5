// A line through our gateway to an exchange that speaks plain SIP: the SIP plugin of Janus. The same words as jssip.js.
const WHY = { 403: "rejected", 404: "not_found", 408: "no_answer", 480: "no_answer", 484: "not_found", 486: "busy", 487: "no_answer", 600: "busy", 603: "rejected" };
const AGAIN = 2000;
const PASS_MS = 60e3; // how long the other end may take to ring the extension it is passed on to

const addressOf = (given) => (given.startsWith("/") ? `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${given}` : given);

export class Line {
  constructor(setup, hear, library, adapter, renew) {
    Object.assign(this, { setup, hear, Janus: library, adapter, renew, id: "", incoming: false, talking: false, offer: null, stopped: false, tries: 0 });
  }

  start() {
    this.Janus.init({ debug: false, dependencies: this.Janus.useDefaultDependencies({ adapter: this.adapter }), callback: () => this.connect() });
  }

  connect() {
    if (this.stopped) return;
    const turn = this.turn = {}; // what an earlier connection still says is no matter of this one
    const lost = () => turn === this.turn && this.again();
    this.janus = new this.Janus({
      server: addressOf(this.setup.gateway), token: this.setup.token, iceServers: this.setup.ice_servers, destroyOnUnload: true,
      success: () => this.janus.attach({ plugin: "janus.plugin.sip", opaqueId: `line-${this.setup.line}`, success: (handle) => turn === this.turn && this.register(handle), error: lost,
        onmessage: (message, jsep) => turn === this.turn && this.told(message, jsep), onremotetrack: (track, _mid, on) => on && track.kind === "audio" && this.hear("sound", new MediaStream([track])), oncleanup: () => {} }),
      error: lost, destroyed: () => {},
    });
  }

  async again() {
    if (this.stopped || this.waits) return;
    this.hear("lost");
    if (this.id) this.over(this.talking ? "ended" : "failed", "other"); // what only rang here may ring on elsewhere
    this.waits = setTimeout(async () => {
      this.waits = null;
      const fresh = await this.renew(); // tokens of the gateway end; a fresh one each time
      if (fresh) this.setup = fresh;
      this.connect();
    }, Math.min(AGAIN * 2 ** this.tries++, 30e3));
  }

  register(handle) {
    this.handle = handle;
    const { uri, user, password, name, proxy } = this.setup;
    handle.send({ message: { request: "register", username: uri, authuser: user, secret: password, display_name: name, ...(proxy ? { proxy } : {}), register_ttl: 120, user_agent: "Amparo" } });
  }

  told(message, jsep) {
    const result = message.result ?? {};
    const told = {
      registered: () => { this.tries = 0; this.hear("ready"); },
      registration_failed: () => this.hear([401, 403, 404, 407].includes(result.code) ? "denied" : "lost"),
      unregistered: () => this.hear("lost"),
      calling: () => this.hear("placed", { id: message.call_id ?? result.call_id ?? "", number: "", name: "" }),
      ringing: () => this.hear("ringing"), progress: () => this.hear("ringing"),
      incomingcall: () => this.ring(message, result, jsep),
      accepted: () => this.accepted(jsep),
      updatingcall: () => this.update(jsep),
      holding: () => this.hear("held"), resuming: () => this.hear("resumed"),
      hangup: () => this.hungUp(result),
      notify: () => this.toldOfPassing(result),
    };
    if (jsep && result.event !== "incomingcall" && result.event !== "updatingcall") this.handle.handleRemoteJsep({ jsep, error: () => this.hangUp() });
    told[result.event]?.();
    if (message.error && this.id && !this.talking) this.over("failed", "other");
  }

  ring(message, result, jsep) {
    if (this.id) return this.handle.send({ message: { request: "decline", code: 486 } });
    Object.assign(this, { id: message.call_id ?? result.call_id ?? "call", incoming: true, offer: jsep });
    const number = decodeURIComponent((result.username ?? "").replace(/^sips?:/, "").split("@")[0]);
    this.hear("incoming", { id: this.id, number, name: (result.displayname ?? "").replaceAll('"', "") });
  }

  accepted() {
    if (this.talking) return;
    this.talking = true;
    this.hear("talking");
  }

  update(jsep) {
    if (jsep) this.handle.createAnswer({ jsep, tracks: [{ type: "audio", capture: this.stream?.getAudioTracks()[0] ?? true, recv: true }], success: (ours) => this.handle.send({ message: { request: "update" }, jsep: ours }), error: () => {} });
  }

  hungUp(result) {
    if (!this.id) return;
    const was = this.talking;
    this.handle.hangup();
    if (was) this.over("ended");
    else if (this.incoming && this.declined) this.over("declined");
    else this.over("failed", WHY[result.code] ?? "other");
  }

  /** How the other end fares with the extension it was asked to call: what is still under way decides nothing. */
  toldOfPassing(result) {
    const status = Number(/^SIP\/2\.0 (\d{3})/.exec(result.content ?? "")?.[1] ?? 0);
    if (status >= 200) this.passed?.(status < 300);
  }

  over(how, why = "") {
    this.passed?.(true); // the other end hung up while it was passed on: there is nothing left to take back
    Object.assign(this, { id: "", incoming: false, talking: false, offer: null, declined: false, passed: null });
    this.hear(how, why);
  }

  answer(stream) {
    this.stream = stream;
    this.handle.createAnswer({
      jsep: this.offer, tracks: [{ type: "audio", capture: stream.getAudioTracks()[0], recv: true }],
      success: (jsep) => this.handle.send({ message: { request: "accept" }, jsep }), error: () => this.decline(),
    });
  }

  dial(number, stream) {
    this.stream = stream;
    this.id = "placing";
    this.handle.createOffer({
      tracks: [{ type: "audio", capture: stream.getAudioTracks()[0], recv: true }],
      success: (jsep) => this.handle.send({ message: { request: "call", uri: `sip:${number}@${this.setup.domain}` }, jsep }), error: () => this.over("failed", "other"),
    });
  }

  decline() { this.declined = true; this.handle.send({ message: { request: "decline", code: 486 } }); }
  hangUp() { this.handle?.send({ message: { request: "hangup" } }); }
  hold(on) { this.handle.send({ message: { request: on ? "hold" : "unhold" } }); }
  tone(key) { this.handle.send({ message: { request: "dtmf_info", digit: key } }); }

  /** Ask who is on the line to call the extension instead of us; the answer comes when it is taken there, or not. */
  transfer(extension, taken) {
    return new Promise((answer) => {
      const resolve = (good) => {
        if (this.passed !== resolve) return; // it was answered before, or it is another one's
        this.passed = null;
        if (good) taken();
        answer(good);
      };
      this.passed = resolve;
      this.handle.send({ message: { request: "transfer", uri: `sip:${extension}@${this.setup.domain}` } });
      setTimeout(() => resolve(false), PASS_MS);
    });
  }

  senders() { return this.handle?.webrtcStuff?.pc?.getSenders() ?? []; }
  stop() { this.stopped = true; this.janus?.destroy(); }
}
