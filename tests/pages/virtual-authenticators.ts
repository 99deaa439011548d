import type { Page } from 'playwright-core';

/** Authenticators that answer at once, in the place of a phone or a token. */
export interface VirtualAuthenticators {
  /** From now on there is one, in the place of the last one. */
  add(options: { readonly hasPrf: boolean }): Promise<void>;
  /** From now on the user says no. */
  refuse(): Promise<void>;
  remove(): Promise<void>;
  /** For each passkey its counter: 1 when it is made, and one more each time that it is asked. */
  signCounts(): Promise<number[]>;
}

export async function virtualAuthenticators(page: Page): Promise<VirtualAuthenticators> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('WebAuthn.enable');
  let authenticatorId = '';
  return {
    async add({ hasPrf }) {
      const added = await devtools.send('WebAuthn.addVirtualAuthenticator', {
        options: {
          protocol: 'ctap2',
          ctap2Version: 'ctap2_1',
          transport: 'internal',
          hasResidentKey: true,
          hasUserVerification: true,
          isUserVerified: true,
          automaticPresenceSimulation: true,
          hasPrf,
        },
      });
      authenticatorId = added.authenticatorId;
    },
    async refuse() {
      await devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: false });
    },
    async remove() {
      await devtools.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId });
    },
    async signCounts() {
      const { credentials } = await devtools.send('WebAuthn.getCredentials', { authenticatorId });
      return credentials.map(({ signCount }) => signCount);
    },
  };
}
