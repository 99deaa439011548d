#!/usr/bin/env node
// To import the package must start nothing, in whatever file its build puts the command. So the start is here.
import { runOssLocal } from '../dist/esm/oss-local.js';

process.exitCode = await runOssLocal(process.argv.slice(2));
