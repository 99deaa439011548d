// workerd: a worker that runs the suite when it is asked to.
import { runSuite } from '../suite.mjs';

export default {
  async fetch(request) {
    return Response.json(await runSuite(await request.json()));
  },
};
