-- What a running flow waits for: a code of the catalogue, and on which side. `resumes`
-- counts resumes: what a worker found out before the last of them is old news.
ALTER TABLE work.flow ADD COLUMN resumes int NOT NULL DEFAULT 0;
ALTER TABLE work.flow ADD COLUMN waiting_code text;
ALTER TABLE work.flow ADD COLUMN waiting_side text;
ALTER TABLE work.flow ADD COLUMN waiting_detail text;
