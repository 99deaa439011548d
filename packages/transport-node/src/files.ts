export { getToFile, putFile } from '@oss-envelope/core/node';
