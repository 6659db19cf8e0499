import type { IPublishPacket } from "mqtt";
import type { AccessRule } from "./account-access.ts";
import { type PageConfig, readAccess, readConfig } from "./account-files.ts";
import { BrokerSession, type ConnectionState, type Outcome, type Publish } from "./broker-session.ts";
import { ConnectionView } from "./connection-view.ts";
import { DetailsView } from "./details-view.ts";
import { byId } from "./element.ts";
import { GateView } from "./gate-view.ts";
import { type Message, messageFrom } from "./message.ts";
import { MessageLog } from "./message-log.ts";
import { MessagesView } from "./messages-view.ts";
import { PublishView } from "./publish-view.ts";
import { mayWrite, resolve } from "./rights.ts";
import { RightsView } from "./rights-view.ts";
import { WatchView } from "./watch-view.ts";

/** The page as a whole: one session at a time, and the views that show it. */
class Console {
  readonly #config: PageConfig;
  readonly #log = new MessageLog();
  readonly #gate: GateView;
  readonly #connection: ConnectionView;
  readonly #messages: MessagesView;
  readonly #publish = new PublishView((message) => this.#send(message));
  readonly #watches: WatchView;
  readonly #rights = new RightsView((filter) => {
    this.#watches.watch(filter);
    showPart("messages");
  });
  #session: BrokerSession | undefined;
  /** Held while somebody is logged in, to open the rights anew after a reconnect; never stored. */
  #credential: { readonly account: string; readonly password: string } | undefined;
  #rules: readonly AccessRule[] | undefined;
  #sequence = 0;

  constructor(config: PageConfig) {
    this.#config = config;
    this.#gate = new GateView({
      logIn: (account, password) => this.#logIn(account, password),
      cancel: () => this.#end(),
    });
    this.#connection = new ConnectionView(
      () => config.stack,
      () => this.#session?.retryNow(),
    );
    const details = new DetailsView({
      mayWrite: (topic) => this.#rules === undefined || mayWrite(this.#rules, topic),
      reuse: (message) => this.#reuse(message),
      remove: (topic) => this.#send({ topic, payload: "", qos: 1, retain: true }),
    });
    this.#messages = new MessagesView(this.#log, details);
    this.#watches = new WatchView({
      watch: (filter, qos) => {
        this.#session?.watch(filter, qos);
        this.#invite();
      },
      unwatch: (filter) => {
        this.#session?.unwatch(filter);
        this.#log.keepRetained((topic) => this.#watches.isWatched(topic));
        this.#invite();
      },
    });
    byId("log-out", HTMLButtonElement).addEventListener("click", () => this.#logOut(""));
    addEventListener("online", () => this.#session?.retryNow());
    this.#gate.open("");
  }

  #logIn(account: string, password: string): void {
    this.#end();
    this.#credential = { account, password };
    this.#session = new BrokerSession({
      url: this.#config.broker,
      account,
      password,
      onState: (state) => this.#turn(state),
      onMessage: (packet) => this.#take(packet),
      onSubscription: (filter, state) => this.#watches.answer(filter, state),
    });
  }

  /** Follows the session from one state to the next. */
  #turn(state: ConnectionState): void {
    this.#connection.show(state);
    if (state.kind === "refused") this.#refuse(state.why);
    else if (state.kind === "taken over") this.#yield();
    else if (state.kind === "connected") this.#welcome();
    else if (this.#gate.isOpen) this.#gate.wait(state, this.#config.broker);
  }

  #refuse(why: string): void {
    const account = this.#credential?.account ?? "";
    const notice = this.#gate.isOpen
      ? `The broker refused ${account}: ${why}. Check the account's name and password, and that it may log in on wss.`
      : `The broker refuses ${account} now: ${why}. Its password may have been rotated.`;
    this.#logOut(notice);
  }

  /** Leaves the session to another client, which would lose it again to a page that comes back. */
  #yield(): void {
    const account = this.#credential?.account ?? "";
    this.#logOut(`Another client of ${account} took the session over, so this page has logged out.`);
  }

  #welcome(): void {
    void this.#readRights();
    this.#log.forgetRetained();
    this.#messages.refresh();
    if (!this.#gate.isOpen) return;
    this.#gate.close();
    for (const id of ["who", "owner"]) byId(id, HTMLElement).textContent = this.#credential?.account ?? "";
    byId("console", HTMLElement).hidden = false;
    showPart("messages");
    this.#messages.reset();
    this.#invite();
    this.#watches.focus();
  }

  async #readRights(): Promise<void> {
    const credential = this.#credential;
    if (credential === undefined) return;
    const { account, password } = credential;
    const access = await readAccess(account, password).catch((error: Error) => error);
    // Somebody else may have logged in meanwhile.
    if (credential !== this.#credential) return;
    if (access instanceof Error) {
      this.#rules = undefined;
      this.#rights.miss(access.message);
    } else {
      const clientId = access.clientId ?? this.#session?.clientId ?? "";
      this.#rules = resolve(access.rules, account, clientId);
      this.#rights.show(this.#rules, access.listeners, clientId);
    }
    this.#watches.know(this.#rules);
    this.#publish.know(this.#rules);
  }

  #logOut(notice: string): void {
    this.#end();
    byId("console", HTMLElement).hidden = true;
    this.#gate.open(notice);
    document.title = this.#config.stack;
  }

  /** Forgets all of a session: its password, its messages and what was typed. */
  #end(): void {
    this.#session?.end();
    this.#session = undefined;
    this.#credential = undefined;
    this.#rules = undefined;
    this.#log.clear();
    this.#log.forgetRetained();
    this.#messages.reset();
    this.#watches.reset();
    this.#publish.reset();
    this.#rights.miss("");
  }

  #take(packet: IPublishPacket): void {
    this.#sequence += 1;
    this.#log.add(messageFrom(packet, this.#sequence, Date.now()));
    this.#watches.count(packet.topic);
    this.#messages.refresh();
  }

  async #send(message: Publish): Promise<Outcome> {
    return (await this.#session?.publish(message)) ?? { kind: "unsent", why: "nobody is logged in" };
  }

  #reuse(message: Message): void {
    showPart("publish");
    this.#publish.take(message);
  }

  #invite(): void {
    const text = this.#watches.any
      ? "Nothing has come yet."
      : "Watch a topic filter, and its messages appear here as they come.";
    this.#messages.invite(text);
  }
}

/** Shows one of the parts where the screen has no room for all. */
function showPart(part: string): void {
  byId("parts", HTMLElement).dataset.part = part;
  for (const tab of document.querySelectorAll<HTMLElement>(".tabs button")) {
    if (tab.dataset.part === part) tab.setAttribute("aria-current", "true");
    else tab.removeAttribute("aria-current");
  }
}

async function start(): Promise<void> {
  for (const tab of document.querySelectorAll<HTMLElement>(".tabs button")) {
    tab.addEventListener("click", () => showPart(tab.dataset.part ?? "messages"));
  }
  const config = await readConfig();
  for (const id of ["stack", "gate-stack"]) byId(id, HTMLElement).textContent = config.stack;
  for (const id of ["broker", "gate-broker"]) byId(id, HTMLElement).textContent = config.broker;
  document.title = config.stack;
  new Console(config);
}

start().catch((error: Error) => {
  const notice = byId("gate-notice", HTMLElement);
  notice.textContent = `This page could not start: ${error.message}`;
  notice.hidden = false;
  byId("log-in-button", HTMLButtonElement).disabled = true;
});
