using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Backstay.Controller.Catalog.Migrations.Postgres;

/// <summary>
/// Written by hand: the model knows no triggers. It has its own place after the first migration, so that making that anew doesn't
/// lose it.
/// </summary>
[DbContext(typeof(PostgresCatalogContext))]
[Migration("20261124000000_AuditLogIsAppendOnly")]
internal sealed class AuditLogIsAppendOnly : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.Sql(
            """
            CREATE FUNCTION audit_log_refuses() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'the audit log is append-only';
            END
            $$;
            """);

        // For each statement: it refuses what would change no row, too, and TRUNCATE knows no rows.
        migrationBuilder.Sql(
            """
            CREATE TRIGGER audit_log_refuses BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
            FOR EACH STATEMENT EXECUTE FUNCTION audit_log_refuses();
            """);
    }

    protected override void Down(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.Sql("DROP TRIGGER audit_log_refuses ON audit_log;");
        migrationBuilder.Sql("DROP FUNCTION audit_log_refuses();");
    }
}
