// Imports run down one list: npx depcruise packages/*/src
import { nodeSource, packages, rooms } from './scripts/architecture.mjs';

const source = (name) => `^packages/${name}/src/`;
const tests = '[.]test[.]ts$';

const betweenPackages = Object.entries(packages).map(([name, allowed]) => ({
  name: `${name}-imports-only-${allowed.join('-and-') || 'itself'}`,
  severity: 'error',
  from: { path: source(name), pathNot: tests },
  to: { path: '^packages/', pathNot: [source(name), ...allowed.map((other) => `^packages/${other}/`)] },
}));

const betweenRooms = Object.entries(rooms).flatMap(([name, list]) =>
  list.slice(1).map(({ room }, index) => ({
    name: `${name}-${room}-imports-no-room-above-it`,
    severity: 'error',
    from: { path: `${source(name)}${room}/`, pathNot: tests },
    // The entry stands above all rooms.
    to: {
      path: [
        `${source(name)}[^/]+$`,
        ...list.slice(0, index + 1).map((above) => `${source(name)}${above.room}/`),
      ],
    },
  })),
);

const withoutNode = Object.entries(nodeSource).map(([name, places]) => ({
  name: `${name}-runs-where-node-does-not`,
  severity: 'error',
  comment: 'Only its Node entries may import modules of Node.',
  from: { path: source(name), pathNot: [tests, ...places.map((place) => `${source(name)}${place}/`)] },
  to: { dependencyTypes: ['core'] },
}));

const inside = (name) => ({
  name: `nobody-reaches-into-${name}`,
  severity: 'error',
  comment: 'Other packages use its entries.',
  from: { path: '^packages/', pathNot: [source(name), `^packages/${name}/test/`] },
  to: { path: source(name), pathNot: `${source(name)}(?:[^/]+|[^/]+/index|node/adapter)[.]ts$` },
});

export default {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'every-import-resolves',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'heavy-sdks-behind-their-port',
      severity: 'error',
      comment: 'A heavy SDK belongs behind the port of the one package that adapts it.',
      from: { path: '^packages/', pathNot: ['^packages/(?:cli|transport-node|provider-kms)/', tests] },
      to: { path: 'node_modules/(?:ali-oss|@alicloud)/' },
    },
    ...betweenPackages,
    ...betweenRooms,
    ...withoutNode,
    ...Object.keys(packages).map(inside),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@oss-envelope/source', 'node', 'import', 'types', 'default'],
      extensions: ['.ts', '.mts', '.js', '.mjs', '.json'],
    },
  },
};
