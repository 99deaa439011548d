// workerd: a worker that runs the vectors that it is given.
import { run } from './web.js';

export default {
  async fetch(request: Request): Promise<Response> {
    return Response.json(await run(await request.json()));
  },
};
