import { expect } from 'chai';
import { hasWitness, isBroad, isOfFewOperations, type OperationRecord } from '../../../src/circuit/blame.ts';
import { seconds } from '../../../src/time/clock.ts';

const NOW = seconds(100);

const operation = (changes: Partial<OperationRecord>): OperationRecord => ({
  suspicion: 0,
  suspectSince: undefined,
  wellSince: undefined,
  heardAt: NOW,
  ...changes,
});

const wellSince = (at: number): OperationRecord => operation({ wellSince: at });
const suspectSince = (at: number): OperationRecord => operation({ suspicion: 0.6, suspectSince: at });
const fallenSince = (at: number): OperationRecord => operation({ suspicion: 1, suspectSince: at });

describe('Blame', () => {
  describe('a witness', () => {
    it('is an operation that was asked later, and was well', () => {
      expect(hasWitness([suspectSince(NOW - 50), wellSince(NOW - 50)], NOW - 50, NOW)).to.equal(true);
    });

    it('is none if it was asked before the failure began', () => {
      expect(hasWitness([suspectSince(NOW - 50), wellSince(NOW - 51)], NOW - 50, NOW)).to.equal(false);
    });

    it('is none if it is suspect itself', () => {
      expect(hasWitness([operation({ suspectSince: NOW, wellSince: NOW })], NOW - 50, NOW)).to.equal(false);
    });

    it('is none if it has not been heard of for half a minute', () => {
      const silent = operation({ wellSince: NOW - seconds(31), heardAt: NOW - seconds(31) });

      expect(hasWitness([silent], NOW - seconds(40), NOW)).to.equal(false);
    });
  });

  describe('a broad failure', () => {
    it('is half of the operations in use, at least two', () => {
      expect(isBroad([suspectSince(NOW - 100), suspectSince(NOW), wellSince(NOW), wellSince(NOW)], NOW)).to.equal(true);
    });

    it('is not one of two', () => {
      expect(isBroad([fallenSince(NOW), wellSince(NOW)], NOW)).to.equal(false);
    });

    it('is not two of five', () => {
      expect(isBroad([fallenSince(NOW), suspectSince(NOW), wellSince(NOW), wellSince(NOW), wellSince(NOW)], NOW)).to.equal(false);
    });

    it('counts only what fell within half a minute', () => {
      expect(isBroad([fallenSince(NOW - seconds(31)), suspectSince(NOW), wellSince(NOW)], NOW)).to.equal(false);
    });

    it('does not count operations that nobody uses', () => {
      const unused = operation({ wellSince: 0, heardAt: 0 });

      expect(isBroad([fallenSince(NOW), suspectSince(NOW), wellSince(NOW), unused, unused], NOW)).to.equal(true);
    });
  });

  describe('of few operations', () => {
    it('is what one that fails is to blame for, while the others are well', () => {
      expect(isOfFewOperations([suspectSince(NOW - 50), wellSince(NOW), wellSince(NOW)], NOW)).to.equal(true);
    });

    it('is nothing where no operation stands out', () => {
      expect(isOfFewOperations([operation({ suspicion: 0.4 }), operation({ suspicion: 0.4 }), wellSince(NOW)], NOW)).to.equal(false);
    });

    it('is nothing that the others add up to as well', () => {
      const touched = operation({ suspicion: 0.25, wellSince: NOW });

      expect(isOfFewOperations([suspectSince(NOW - 50), touched], NOW)).to.equal(true);
      expect(isOfFewOperations([suspectSince(NOW - 50), touched, touched], NOW)).to.equal(false);
    });

    it('needs a witness since the last of them fell', () => {
      expect(isOfFewOperations([fallenSince(NOW - 900), suspectSince(NOW - 50), wellSince(NOW - 60)], NOW)).to.equal(false);
      expect(isOfFewOperations([fallenSince(NOW - seconds(60)), suspectSince(NOW - 50), wellSince(NOW - 40)], NOW)).to.equal(true);
    });
  });
});
