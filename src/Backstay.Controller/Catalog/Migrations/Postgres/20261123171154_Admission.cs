using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Backstay.Controller.Catalog.Migrations.Postgres
{
    /// <inheritdoc />
    public partial class Admission : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "Admitted",
                table: "backups",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.AddColumn<Guid>(
                name: "AdmittedBy",
                table: "backups",
                type: "uuid",
                nullable: true);

            // Those that were asked for before there was a queue are not waiting in it.
            migrationBuilder.Sql("""UPDATE backups SET "Admitted" = "Created" WHERE "State" < 2;""");

            migrationBuilder.CreateIndex(
                name: "waiting_backups",
                table: "backups",
                column: "Created",
                filter: "\"State\" = 0 AND \"Admitted\" IS NULL");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "waiting_backups",
                table: "backups");

            migrationBuilder.DropColumn(
                name: "Admitted",
                table: "backups");

            migrationBuilder.DropColumn(
                name: "AdmittedBy",
                table: "backups");
        }
    }
}
