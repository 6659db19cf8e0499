import { describe, expect, test } from "vitest";
import { checkSpace, checkVersion, planEngine } from "./docker-engine.ts";
import { daemonEnvironment, readAnswer } from "./docker-service.ts";
import { UserError } from "./user-error.ts";

const silent = { reason: "Cannot connect to the Docker daemon", missing: false, context: "default" };
const debian = { user: "ann", root: true, apt: true, systemd: false, dockerd: "/usr/sbin/dockerd" };
const { dockerd: _, ...bare } = debian;

describe("an engine that does not answer", () => {
  test("is installed by root on Debian, where there is none", () => {
    expect(planEngine(silent, bare, true)).toMatchObject({ install: true });
    expect(planEngine({ ...silent, missing: true }, debian, true)).toMatchObject({ install: true });
  });

  test("is started if it is installed", () => {
    const plan = planEngine(silent, debian, true);
    expect(plan.install).toBe(false);
    expect(plan.why).toBe(
      "The Docker engine is installed but not running: starting it (--no-install forbids this).",
    );
  });

  test.each([
    [
      "--no-install, none there",
      silent,
      bare,
      false,
      /--no-install forbids installing.*`sudo apt-get update && /,
    ],
    [
      "--no-install, stopped",
      silent,
      debian,
      false,
      /--no-install forbids starting it\. Run `sudo dockerd`\./,
    ],
    ["not root, none there", silent, { ...bare, root: false }, true, /only root may install.*`sudo apt-get/],
    [
      "not root, systemd",
      silent,
      { ...debian, root: false, systemd: true },
      true,
      /`sudo systemctl start docker`/,
    ],
    ["neither Debian nor Ubuntu", silent, { ...bare, apt: false }, true, /https:\/\/docs\.docker\.com/],
    [
      "a DOCKER_HOST",
      { ...silent, chosen: "DOCKER_HOST=tcp://x:1" },
      debian,
      true,
      /DOCKER_HOST=tcp:\/\/x:1.*unset/,
    ],
    [
      "a context",
      { ...silent, chosen: "context far" },
      debian,
      true,
      /at context far.*docker context use default/,
    ],
    [
      "a DOCKER_HOST without a CLI",
      { ...silent, missing: true, chosen: "DOCKER_HOST=tcp://x:1" },
      bare,
      true,
      /DOCKER_HOST=tcp:\/\/x:1 is set, but there is no docker command/,
    ],
    [
      "a socket that is not for us",
      { ...silent, reason: "permission denied while trying to connect" },
      { ...debian, root: false },
      true,
      /refuses user ann.*`sudo usermod -aG docker ann`/,
    ],
  ])("%s: says what to run", (_case, answer, machine, install, sentence) => {
    expect(() => planEngine(answer, machine, install)).toThrow(UserError);
    expect(() => planEngine(answer, machine, install)).toThrow(sentence);
  });
});

describe("the docker CLI's answer", () => {
  const output = {
    Client: { Context: "default" },
    Server: { Version: "28.1.0", ApiVersion: "1.49", Arch: "arm64" },
  };

  test("tells version, API and architecture", () => {
    const answer = readAnswer({ stdout: JSON.stringify(output), stderr: "", missing: false }, undefined);
    expect(answer.engine).toEqual({ version: "28.1.0", apiVersion: "1.49", architecture: "arm64" });
    expect(answer.chosen).toBeUndefined();
  });

  test("tells why there is none, and which place was asked", () => {
    const stdout = JSON.stringify({ Client: { Context: "far" }, Server: null });
    const stderr =
      "warning\nCannot connect to the Docker daemon at tcp://far:1. Is the docker daemon running?\n";
    const answer = readAnswer({ stdout, stderr, missing: false }, undefined);
    expect(answer).toMatchObject({
      reason: "Cannot connect to the Docker daemon at tcp://far:1",
      chosen: "context far",
    });
    expect(answer.engine).toBeUndefined();
    expect(readAnswer({ stdout, stderr, missing: false }, "tcp://a:1").chosen).toBe("DOCKER_HOST=tcp://a:1");
  });

  test("that is no JSON counts as no engine", () => {
    const answer = readAnswer({ stdout: "", stderr: "", missing: false }, undefined);
    expect(answer).toMatchObject({ reason: "no answer within 10 s", context: "default" });
    expect(answer.engine).toBeUndefined();
  });

  test("is refused if the engine is older than 20.10", () => {
    const engine = { version: "19.03.15", apiVersion: "1.40", architecture: "amd64" };
    expect(() => checkVersion({ ...silent, engine })).toThrow(
      /is version 19\.03\.15; at least 20\.10 is needed/,
    );
    expect(checkVersion({ ...silent, engine: { ...engine, version: "20.10.0" } }).version).toBe("20.10.0");
  });
});

test("a nearly full disk is told with what is left and what is needed", () => {
  expect(() => checkSpace(499_999_999, "/var/lib/docker")).toThrow(/Only 499 MB.*\/var\/lib\/docker.*500 MB/);
  expect(() => checkSpace(500e6, "/var/lib/docker")).not.toThrow();
});

test("the daemon gets no variable but those that a daemon needs", () => {
  const given = {
    PATH: "/bin",
    https_proxy: "p",
    HTTP_PROXY: "q",
    PULUMI_CONFIG_PASSPHRASE: "secret",
    DOCKER_HOST: "x",
  };
  expect(daemonEnvironment(given)).toEqual({ PATH: "/bin", https_proxy: "p", HTTP_PROXY: "q" });
});
