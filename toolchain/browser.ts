import { access, mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { env, getuid } from "node:process";
import { execa } from "execa";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { aptGet } from "./apt.ts";
import { settledAddresses } from "./host-addresses.ts";
import { UserError } from "./user-error.ts";

/** Where Debian and Ubuntu have the browser, and the tool that tells it which authorities to trust. */
const PROGRAMS = Object.freeze({ chromium: "/usr/bin/chromium", certutil: "/usr/bin/certutil" });

/** The browser with its sandbox, certutil, and letters that look the same everywhere. */
const PACKAGES = ["chromium", "chromium-sandbox", "libnss3-tools", "fonts-inter", "fonts-jetbrains-mono"];

/** The user `nobody` of Debian: as root, Chromium would run without its sandbox only. */
const NOBODY = 65_534;

/**
 * Sees to it that Debian's Chromium is here; installs it as root.
 *
 * @param note hears each line that apt-get prints
 * @throws UserError if it is missing and can't be installed
 */
export async function requireChromium(note: (text: string) => void = () => undefined): Promise<void> {
  if (await areHere()) return;
  if (getuid?.() !== 0) {
    throw new UserError(
      "The browser tests need Chromium and certutil: `sudo apt-get install chromium libnss3-tools`.",
    );
  }
  await aptGet(["update"], note);
  await aptGet(["install", "-y", "--no-install-recommends", ...PACKAGES], note);
}

async function areHere(): Promise<boolean> {
  const found = await Promise.allSettled(Object.values(PROGRAMS).map((path) => access(path)));
  return found.every(({ status }) => status === "fulfilled");
}

export interface BrowserOptions {
  /** The CA certificates to trust beside the usual ones, PEM. @default none */
  readonly authority?: string;
}

/** A Chromium with a home, a profile and trusted authorities of its own; `close` leaves nothing of it. */
export class TestBrowser {
  readonly context: BrowserContext;
  readonly #home: string;

  private constructor(context: BrowserContext, home: string) {
    this.context = context;
    this.#home = home;
  }

  static async launch({ authority }: BrowserOptions = {}): Promise<TestBrowser> {
    await requireChromium();
    const home = await mkdtemp(join(tmpdir(), "naboom-mqtt-browser-"));
    try {
      await prepareHome(home, authority);
      const context = await chromium.launchPersistentContext(join(home, "profile"), {
        executablePath: join(home, "chromium"),
        chromiumSandbox: true,
        headless: true,
        locale: "en-GB",
        viewport: { width: 1280, height: 800 },
        env: { HOME: home, PATH: env.PATH ?? "/usr/bin:/bin", LANG: "C.UTF-8" },
      });
      return new TestBrowser(context, home);
    } catch (error) {
      await removeHome(home);
      throw error;
    }
  }

  /**
   * Opens an address in a tab of its own, once this machine's addresses are settled.
   *
   * @param prepare is done with the tab before it goes anywhere
   * @throws Error of Playwright if the page doesn't load
   */
  async open(url: string, prepare?: (page: Page) => Promise<void>): Promise<Page> {
    const page = await this.context.newPage();
    await prepare?.(page);
    await settledAddresses();
    await page.goto(url);
    return page;
  }

  /** Closes every tab but the first, as a browser without one ends. */
  async closeTabs(): Promise<void> {
    await Promise.all(
      this.context
        .pages()
        .slice(1)
        .map((page) => page.close()),
    );
  }

  async close(): Promise<void> {
    await this.context.close();
    await removeHome(this.#home);
  }
}

/** Removes a home, which is the user nobody's: the command follows no link that is put into it meanwhile. */
async function removeHome(home: string): Promise<void> {
  await execa("rm", ["-rf", home]);
}

/** Lays out a home with the authorities in Chromium's own store, and a command that starts it as nobody. */
async function prepareHome(home: string, authority: string | undefined): Promise<void> {
  const database = join(home, ".pki/nssdb");
  for (const folder of [database, join(home, "profile")]) await mkdir(folder, { recursive: true });
  const certutil = (...args: string[]) => execa(PROGRAMS.certutil, ["-d", `sql:${database}`, ...args]);
  await certutil("-N", "--empty-password");
  for (const [place, certificate] of certificates(authority ?? "").entries()) {
    const file = join(home, `authority-${place}.crt`);
    await writeFile(file, certificate);
    await certutil("-A", "-t", "C,,", "-n", `authority ${place}`, "-i", file);
  }
  const unprivileged = getuid?.() === 0;
  const drop = unprivileged ? `setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups ` : "";
  const script = `#!/bin/sh\nexec ${drop}${PROGRAMS.chromium} "$@"\n`;
  await writeFile(join(home, "chromium"), script, { mode: 0o755 });
  if (unprivileged) await execa("chown", ["-R", `${NOBODY}:${NOBODY}`, home]);
}

/** The single certificates in a PEM text. */
function certificates(pem: string): readonly string[] {
  return pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----\n?/g) ?? [];
}
