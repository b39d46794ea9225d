using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Backstay.Controller.Catalog.Migrations.Postgres
{
    /// <inheritdoc />
    public partial class Retention : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "HeldBy",
                table: "backups",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "HeldSince",
                table: "backups",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "HoldReason",
                table: "backups",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "LockedBy",
                table: "backups",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "LockedUntil",
                table: "backups",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "ProtectionVersion",
                table: "backups",
                type: "integer",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<int>(
                name: "StoredProtectionVersion",
                table: "backups",
                type: "integer",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.CreateTable(
                name: "retention_policies",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    Name = table.Column<string>(type: "character varying(128)", maxLength: 128, nullable: false, collation: "backstay_names"),
                    Notes = table.Column<string>(type: "text", nullable: true),
                    Appliances = table.Column<string>(type: "text", nullable: false),
                    KeepLast = table.Column<int>(type: "integer", nullable: true),
                    KeepHourly = table.Column<int>(type: "integer", nullable: true),
                    KeepDaily = table.Column<int>(type: "integer", nullable: true),
                    KeepWeekly = table.Column<int>(type: "integer", nullable: true),
                    KeepMonthly = table.Column<int>(type: "integer", nullable: true),
                    KeepYearly = table.Column<int>(type: "integer", nullable: true),
                    KeepWithinDays = table.Column<int>(type: "integer", nullable: true),
                    MaxAgeDays = table.Column<int>(type: "integer", nullable: true),
                    TimeZone = table.Column<string>(type: "text", nullable: false),
                    Created = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    Updated = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_retention_policies", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "retention_state",
                columns: table => new
                {
                    Id = table.Column<int>(type: "integer", nullable: false),
                    LastSeen = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    NextRound = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_retention_state", x => x.Id);
                });

            migrationBuilder.CreateIndex(
                name: "protection_to_carry",
                table: "backups",
                column: "Id",
                filter: "\"ProtectionVersion\" <> \"StoredProtectionVersion\"");

            migrationBuilder.CreateIndex(
                name: "IX_retention_policies_Name",
                table: "retention_policies",
                column: "Name",
                unique: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "retention_policies");

            migrationBuilder.DropTable(
                name: "retention_state");

            migrationBuilder.DropIndex(
                name: "protection_to_carry",
                table: "backups");

            migrationBuilder.DropColumn(
                name: "HeldBy",
                table: "backups");

            migrationBuilder.DropColumn(
                name: "HeldSince",
                table: "backups");

            migrationBuilder.DropColumn(
                name: "HoldReason",
                table: "backups");

            migrationBuilder.DropColumn(
                name: "LockedBy",
                table: "backups");

            migrationBuilder.DropColumn(
                name: "LockedUntil",
                table: "backups");

            migrationBuilder.DropColumn(
                name: "ProtectionVersion",
                table: "backups");

            migrationBuilder.DropColumn(
                name: "StoredProtectionVersion",
                table: "backups");
        }
    }
}
