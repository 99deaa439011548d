// What can be imported from a package, read from the one place that says it: `exports` of its package.json.

const sourceCondition = '@oss-envelope/source';

/**
 * @param programs - sources that are started, not imported
 * @returns of each entry: its source; its name, which is the source's path; whether it is for Node alone
 */
export function readEntries({ exports }, programs = []) {
  const imported = Object.entries(exports).flatMap(([subpath, target]) => {
    const source = target[sourceCondition];
    if (source === undefined) return [];
    const { types, node, default: other } = target.import;
    const name = source.replace(/^[.][/]src[/]|[.]ts$/g, '');
    const forNode = node === undefined;
    const expected = {
      types: `./dist/${name}.d.ts`,
      ...(forNode
        ? { default: `./dist/esm/${name}.js` }
        : { node: `./dist/esm/${name}.js`, default: `./dist/${name}.js` }),
    };
    const required = { types: `./dist/cjs/${name}.d.ts`, default: `./dist/cjs/${name}.js` };
    if (
      JSON.stringify({ types, ...(node && { node }), default: other }) !== JSON.stringify(expected) ||
      JSON.stringify(target.require) !== JSON.stringify(required)
    ) {
      throw new Error(
        `exports of "${subpath}" must be import: ${JSON.stringify(expected)}, require: ${JSON.stringify(required)}`,
      );
    }
    return [{ subpath, source, name, forNode }];
  });
  return [
    ...imported,
    ...programs.map((source) => ({
      source,
      name: source.replace(/^[.][/]src[/]|[.]ts$/g, ''),
      forNode: true,
    })),
  ];
}

/** The ports of a package: what `imports` gives another source for on Node. */
export function readPorts({ imports = {} }) {
  return Object.entries(imports).map(([specifier, target]) => ({
    specifier,
    name: specifier.slice(1),
    ...target[sourceCondition],
  }));
}

/** Packages that are installed beside this one, so that they are not built into it. */
export function installedBeside({ name, dependencies = {}, peerDependencies = {} }) {
  const names = [name, ...Object.keys(dependencies), ...Object.keys(peerDependencies)];
  return (specifier) => names.some((known) => specifier === known || specifier.startsWith(`${known}/`));
}
