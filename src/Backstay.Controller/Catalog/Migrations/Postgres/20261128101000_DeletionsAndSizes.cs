using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Backstay.Controller.Catalog.Migrations.Postgres
{
    /// <inheritdoc />
    public partial class DeletionsAndSizes : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateIndex(
                name: "deleted_backups",
                table: "backups",
                column: "Id",
                filter: "\"Deleted\" IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "stored_sizes",
                table: "backups",
                columns: new[] { "State", "Size" },
                filter: "\"State\" = 2");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "deleted_backups",
                table: "backups");

            migrationBuilder.DropIndex(
                name: "stored_sizes",
                table: "backups");
        }
    }
}
