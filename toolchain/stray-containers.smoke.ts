import { randomBytes } from "node:crypto";
import { execa } from "execa";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { imageVariable } from "../infra/image.ts";
import { projectName } from "./project.ts";
import { findStrayContainers } from "./stray-containers.ts";

const stack = `test-stray-${process.pid}-${randomBytes(3).toString("hex")}`;
const prefix = `${projectName}-${stack}`;
const publish = { id: "", name: `${prefix}-publish` };
let network: string;

beforeAll(async () => {
  const image = inject("workbench").environment[imageVariable] ?? "";
  const args = ["--name", publish.name, "--label", `${projectName}.stack=${prefix}`];
  publish.id = (await execa("docker", ["create", ...args, image, "true"])).stdout;
});

afterAll(async () => {
  await execa("docker", ["rm", "--force", publish.id], { reject: false });
  await execa("docker", ["network", "rm", prefix], { reject: false });
});

test("a container of the stack's name is not a stray where the state knows no network: it is another clone's", async () => {
  expect(await findStrayContainers(stack, "{}")).toEqual([]);
});

test("nor where the network of that name is another one than the state's", async () => {
  network = (await execa("docker", ["network", "create", prefix])).stdout;
  expect(await findStrayContainers(stack, JSON.stringify({ id: "f".repeat(64) }))).toEqual([]);
});

test("it is one where the state knows the network and not the container", async () => {
  expect(await findStrayContainers(stack, JSON.stringify({ id: network }))).toEqual([publish]);
});

test("and none once the state knows it", async () => {
  expect(await findStrayContainers(stack, JSON.stringify([network, publish.id]))).toEqual([]);
});

test("containers of stacks whose names begin alike are left alone", async () => {
  expect(await findStrayContainers(stack.slice(0, -1), JSON.stringify({ id: network }))).toEqual([]);
});
