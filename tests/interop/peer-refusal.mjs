/** The peer answered that it could not do what it was asked for; the message is its own. */
export class PeerRefusal extends Error {}
