#!/usr/bin/env node
// An older Node fails somewhere in what is loaded, by words that do not say why.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major > 20 || (major === 20 && minor >= 19)) {
  await import('../dist/main.js');
} else {
  console.error(`oss-envelope: this is Node ${process.versions.node}. Use Node 20.19 or later.`);
  process.exitCode = 1;
}
