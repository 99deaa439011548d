import type { Advice } from './advice.js';

export const advice: Advice = {
  ofOption: () => undefined,
  ofBucketOptions: () => undefined,
  ofContent: () => '',
};
