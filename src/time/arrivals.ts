/**
 * Calls back as soon as what has already arrived at the sockets of this process has been read. A timer that is late because the
 * process was busy comes before the answers that were in time: whoever gives up on a peer asks for them first.
 */
export const afterArrivals = (callback: () => void): void => {
  setImmediate(callback);
};
