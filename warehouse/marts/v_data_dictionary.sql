-- grain: one row per view and column
with built as (
    select
        table_name as view_name,
        column_name,
        column_index as column_no,
        lower(data_type) as column_type
    from duckdb_columns()
    where schema_name = 'mart' and database_name = current_database() and table_name <> 'v_data_dictionary'
),

final as (
    select
        built.view_name,
        built.column_no,
        built.column_name,
        built.column_type,
        coalesce(own.meaning_en, shared.meaning_en) as meaning_en,
        coalesce(own.meaning_de, shared.meaning_de) as meaning_de
    from built
    left join run.data_dictionary as own
        on built.view_name = own.view_name and built.column_name = own.column_name
    left join run.data_dictionary as shared
        on shared.view_name = '*' and built.column_name = shared.column_name
)

select *
from final
order by view_name, column_no
