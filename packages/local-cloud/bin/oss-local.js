#!/usr/bin/env node
import '../dist/oss-local.js';
