-- work.flow.state may also be: preparing | starting (asynchronous, not ready yet)
ALTER TABLE work.flow ADD COLUMN agreement_id text NOT NULL DEFAULT '';
