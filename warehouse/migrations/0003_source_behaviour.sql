-- Holds the number on this branch only; the file of that name on main takes its place.
select 1;
