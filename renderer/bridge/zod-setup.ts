import { z } from 'zod';

// Before any schema is made: the content security policy allows no eval (SE1).
z.config({ jitless: true });
