// A line straight to an exchange that speaks SIP over WebSocket: JsSIP. What happens is told to `hear(name, detail)`.
const PASS_MS = 60e3; // how long the other end may take to ring the extension it is passed on to
const WHY = { 403: "rejected", 404: "not_found", 408: "no_answer", 480: "no_answer", 484: "not_found", 486: "busy", 487: "no_answer", 600: "busy", 603: "rejected" };

export class Line {
  constructor(setup, hear, library) {
    this.setup = setup;
    this.hear = hear;
    this.library = library;
    this.session = null;
  }

  start() {
    const JsSIP = this.library;
    this.agent = new JsSIP.UA({
      sockets: [new JsSIP.WebSocketInterface(this.setup.socket)], uri: this.setup.uri, password: this.setup.password, display_name: this.setup.name,
      register_expires: 120, session_timers: false, user_agent: "Amparo", connection_recovery_min_interval: 1, connection_recovery_max_interval: 20,
    });
    this.agent.on("registered", () => this.hear("ready"));
    this.agent.on("unregistered", () => this.hear("lost"));
    this.agent.on("disconnected", () => this.hear("lost"));
    this.agent.on("registrationFailed", ({ response }) => this.hear([401, 403, 404, 407].includes(response?.status_code) ? "denied" : "lost"));
    this.agent.on("newRTCSession", ({ session, originator, request }) => this.take(session, originator, request));
    this.agent.start();
  }

  take(session, originator, request) {
    if (this.session) return session.terminate({ status_code: 486 });
    this.session = session;
    const incoming = originator === "remote";
    session.on("peerconnection", ({ peerconnection }) => this.listen(peerconnection));
    if (session.connection) this.listen(session.connection);
    session.on("sdp", (event) => this.mend(event));
    session.on("progress", () => !incoming && this.hear("ringing"));
    session.on("accepted", () => this.hear("talking"));
    session.on("hold", ({ originator: who }) => who === "local" && this.hear("held"));
    session.on("unhold", ({ originator: who }) => who === "local" && this.hear("resumed"));
    session.on("ended", () => this.over("ended"));
    session.on("failed", ({ message, originator: who }) => this.over(who === "local" && incoming ? "declined" : "failed", WHY[message?.status_code] ?? "other"));
    const other = incoming ? session.remote_identity : null;
    this.hear(incoming ? "incoming" : "placed", { id: request.call_id, number: other?.uri.user ?? "", name: other?.display_name ?? "" });
  }

  /** Some telephones answer a later offer without saying who begins the handshake, which browsers refuse: the roles stay as they were. */
  mend(event) {
    const role = /a=setup:(active|passive)/.exec(event.sdp)?.[1];
    if (event.originator === "local" && role) this.role = role;
    if (event.originator === "remote" && event.type === "answer") event.sdp = event.sdp.replaceAll("a=setup:actpass", `a=setup:${this.role === "passive" ? "active" : "passive"}`);
  }

  listen(connection) {
    connection.addEventListener("track", ({ track, streams }) => this.hear("sound", streams[0] ?? new MediaStream([track])));
  }

  over(how, why = "") {
    this.session = null;
    this.passed?.(true); // the other end hung up while it was passed on: there is nothing left to take back
    this.passed = null;
    this.hear(how, why);
  }

  options(stream) {
    return { mediaStream: stream, pcConfig: { iceServers: this.setup.ice_servers }, rtcOfferConstraints: { offerToReceiveAudio: true, offerToReceiveVideo: false } };
  }

  answer(stream) { this.session?.answer(this.options(stream)); }
  dial(number, stream) { this.agent.call(`sip:${number}@${this.setup.domain}`, this.options(stream)); }
  decline() { this.session?.terminate({ status_code: 486 }); }
  hangUp() { this.session?.terminate(); }
  hold(on) { if (on) this.session?.hold(); else this.session?.unhold(); }
  tone(key) { this.session?.sendDTMF(key); }

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
      this.session.refer(`sip:${extension}@${this.setup.domain}`, { eventHandlers: { accepted: () => resolve(true), failed: () => resolve(false), requestFailed: () => resolve(false) } });
      setTimeout(() => resolve(false), PASS_MS);
    });
  }

  senders() { return this.session?.connection?.getSenders() ?? []; }
  stop() { this.agent?.stop(); }
}
