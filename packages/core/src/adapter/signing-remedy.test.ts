import { describe, expect, it, vi } from 'vitest';
import { ServiceError } from '../errors/errors.js';
import { ServerClock } from './server-clock.js';
import { signingRemedy } from './signing-remedy.js';

const hourMs = 3_600_000;
const refusal = (serviceCode: string, serverTimeMs?: number) => ({
  error: new ServiceError('x', { service: 'OSS', status: 403, serviceCode }),
  serverTimeMs,
});

describe('signingRemedy', () => {
  it('sets a clock that is wrong, once', () => {
    const clock = new ServerClock(() => 5000);
    const remedy = signingRemedy(clock, () => true);
    expect(remedy(refusal('RequestTimeTooSkewed', 5000 + hourMs))).toBe('clock');
    expect(clock.nowMs()).toBe(5000 + hourMs);
    expect(remedy(refusal('RequestTimeTooSkewed', 5000 + hourMs))).toBeUndefined();
  });

  it('cannot set a clock without a time', () => {
    const clock = new ServerClock(() => 5000);
    expect(signingRemedy(clock, () => true)(refusal('RequestTimeTooSkewed'))).toBeUndefined();
    expect(clock.offsetMs).toBeUndefined();
  });

  it.each(['InvalidAccessKeyId', 'InvalidSecurityToken', 'SecurityTokenExpired'])(
    'replaces credentials after %s, where there are others',
    (code) => {
      const reject = vi.fn().mockReturnValueOnce(true).mockReturnValueOnce(false);
      const clock = new ServerClock(() => 5000);
      const remedy = signingRemedy(clock, reject);
      expect(remedy(refusal(code))).toBe('credentials');
      // A time that such a refusal also has is not what it is about.
      expect(remedy(refusal(code, 5000 + hourMs))).toBeUndefined();
      expect(reject).toHaveBeenCalledTimes(2);
      expect(clock.offsetMs).toBeUndefined();
    },
  );

  it.each(['AccessDenied', 'SignatureDoesNotMatch'])('has nothing for %s', (code) => {
    const reject = vi.fn(() => true);
    expect(signingRemedy(new ServerClock(), reject)(refusal(code, 5))).toBeUndefined();
    expect(reject).not.toHaveBeenCalled();
  });
});
