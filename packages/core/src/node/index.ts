export { getToFile, putFile } from './files.js';
