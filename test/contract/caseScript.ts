/**
 * How one documented exchange of `provider-cases.json` is replayed, through our client and through the simulator.
 */
import type { ErrorCode } from '../../src/errors/gatewayError.ts';
import type { SandboxAnswer, SimulatorInstance } from '../../sandbox/simulation/simulator.ts';

export interface CaseScript<Client> {
  /** The case's `name`; with the provider it is unique. */
  readonly case: string;
  /** Makes the client send the documented request. */
  readonly call: (client: Client) => Promise<unknown>;
  /** What the caller must get out of the documented answer: a value, or an error of this code. */
  readonly outcome: 'answer' | ErrorCode;
  /**
   * Where the request we send is documented as equal but spelled otherwise (an older version's path), the
   * documented spelling turned into ours.
   */
  readonly path?: (documented: string) => string;
  /** Brings the simulator into the state in which the documented request gets the documented kind of answer. */
  readonly arrange?: (simulator: SimulatorInstance) => void;
  /** Asks the simulator otherwise than by `answer`, for exchanges that only a fault brings about. */
  readonly ask?: (simulator: SimulatorInstance, request: Parameters<SimulatorInstance['answer']>[0]) => SandboxAnswer;
}
