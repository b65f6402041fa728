-- What no question reads and every batch would have to keep.
ALTER TABLE rollup_user_day DROP COLUMN page_views;
ALTER TABLE rollup_user_day DROP COLUMN first_of_day;
ALTER TABLE rollup_user_day DROP COLUMN prev_day;
