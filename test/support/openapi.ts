import { expect } from 'vitest';

type Json = Readonly<Record<string, unknown>>;
type Operation = {
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
  }[];
  readonly responses: Readonly<Record<string, { readonly description?: string }>>;
  readonly requestBody?: { readonly content: Json };
};

/** Checks what readers of OpenAPI 3.1 stumble over: version, operations, path parameters, references, types. */
export function expectOpenApi(document: Json): void {
  expect(document['openapi']).toMatch(/^3\.1\.\d+$/);
  expect(document['info']).toMatchObject({ title: expect.any(String), version: expect.any(String) });
  const groups = [document['paths'], document['webhooks']] as Readonly<Record<string, Json>>[];
  for (const group of groups) {
    for (const [path, item] of Object.entries(group)) {
      for (const operation of Object.values(item)) expectOperation(path, operation as Operation);
    }
  }
  visit(document, (node) => {
    if (typeof node['$ref'] === 'string') expect(resolve(document, node['$ref'])).toBeTypeOf('object');
    if (typeof node['type'] === 'string') expect(types).toContain(node['type']);
    if (node['type'] === 'array') expect(node['items']).toBeTypeOf('object');
    // of OpenAPI 3.0, and gone since
    expect(node).not.toHaveProperty('nullable');
  });
}

const types = ['null', 'boolean', 'object', 'array', 'number', 'string', 'integer'];

function expectOperation(path: string, { parameters = [], responses, requestBody }: Operation): void {
  const inPath = parameters.filter((parameter) => parameter.in === 'path');
  const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  expect(inPath.map(({ name }) => name)).toEqual(named);
  expect(inPath.every(({ required }) => required)).toBe(true);
  expect(Object.keys(responses).length).toBeGreaterThan(0);
  for (const [status, { description }] of Object.entries(responses)) {
    expect(status).toMatch(/^([1-5](\d\d|XX)|default)$/);
    expect(description).toBeTypeOf('string');
  }
  if (requestBody !== undefined) expect(Object.keys(requestBody.content)).not.toEqual([]);
}

/** Every object but `properties` and `examples`, whose keys are not OpenAPI's. */
function visit(node: unknown, look: (node: Json) => void): void {
  if (typeof node !== 'object' || node === null) return;
  if (!Array.isArray(node)) look(node as Json);
  for (const [key, child] of Object.entries(node)) {
    const children = key === 'properties' ? Object.values(child as Json) : [child];
    if (key !== 'example' && key !== 'examples') for (const each of children) visit(each, look);
  }
}

/** What a JSON pointer within the document leads to. */
function resolve(document: Json, reference: string): unknown {
  expect(reference).toMatch(/^#\//);
  return reference
    .slice(2)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((node, part) => (node as Json | undefined)?.[part], document);
}
