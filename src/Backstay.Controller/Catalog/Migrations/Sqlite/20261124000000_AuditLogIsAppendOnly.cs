using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Backstay.Controller.Catalog.Migrations.Sqlite;

/// <summary>
/// Written by hand: the model knows no triggers. It has its own place after the first migration, so that making that anew doesn't
/// lose it.
/// </summary>
[DbContext(typeof(SqliteCatalogContext))]
[Migration("20261124000000_AuditLogIsAppendOnly")]
internal sealed class AuditLogIsAppendOnly : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        foreach (var change in (string[])["UPDATE", "DELETE"])
        {
            migrationBuilder.Sql(
                $"""
                CREATE TRIGGER audit_log_refuses_{change.ToLowerInvariant()} BEFORE {change} ON audit_log
                BEGIN
                    SELECT RAISE(ABORT, 'the audit log is append-only');
                END;
                """);
        }

        // INSERT OR REPLACE deletes without firing a delete trigger (https://sqlite.org/lang_conflict.html).
        migrationBuilder.Sql(
            """
            CREATE TRIGGER audit_log_refuses_replace BEFORE INSERT ON audit_log
            WHEN EXISTS (SELECT 1 FROM audit_log WHERE "Sequence" = NEW."Sequence")
            BEGIN
                SELECT RAISE(ABORT, 'the audit log is append-only');
            END;
            """);
    }

    protected override void Down(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.Sql("DROP TRIGGER audit_log_refuses_update;");
        migrationBuilder.Sql("DROP TRIGGER audit_log_refuses_delete;");
        migrationBuilder.Sql("DROP TRIGGER audit_log_refuses_replace;");
    }
}
