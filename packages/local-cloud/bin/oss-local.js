#!/usr/bin/env node
import '../dist/esm/oss-local.js';
