-- severity: error
select view_name || '.' || column_name as example
from mart.v_data_dictionary
where meaning_en is null or meaning_de is null
