/**
 * A process of `pool.ts`: runs the jobs it is sent, one at a time.
 */
import { runJob, type Job } from './matrix.ts';

process.on('message', (job: Job) => {
  void runJob(job).then((summary) => process.send?.(summary));
});
