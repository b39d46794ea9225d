using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Backstay.Controller.Catalog.Migrations.Sqlite
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
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "HeldSince",
                table: "backups",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "HoldReason",
                table: "backups",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "LockedBy",
                table: "backups",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "LockedUntil",
                table: "backups",
                type: "INTEGER",
                nullable: true);

            migrationBuilder.AddColumn<int>(
                name: "ProtectionVersion",
                table: "backups",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<int>(
                name: "StoredProtectionVersion",
                table: "backups",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.CreateTable(
                name: "retention_policies",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    Name = table.Column<string>(type: "TEXT", maxLength: 128, nullable: false, collation: "NOCASE"),
                    Notes = table.Column<string>(type: "TEXT", nullable: true),
                    Appliances = table.Column<string>(type: "TEXT", nullable: false),
                    KeepLast = table.Column<int>(type: "INTEGER", nullable: true),
                    KeepHourly = table.Column<int>(type: "INTEGER", nullable: true),
                    KeepDaily = table.Column<int>(type: "INTEGER", nullable: true),
                    KeepWeekly = table.Column<int>(type: "INTEGER", nullable: true),
                    KeepMonthly = table.Column<int>(type: "INTEGER", nullable: true),
                    KeepYearly = table.Column<int>(type: "INTEGER", nullable: true),
                    KeepWithinDays = table.Column<int>(type: "INTEGER", nullable: true),
                    MaxAgeDays = table.Column<int>(type: "INTEGER", nullable: true),
                    TimeZone = table.Column<string>(type: "TEXT", nullable: false),
                    Created = table.Column<long>(type: "INTEGER", nullable: false),
                    Updated = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_retention_policies", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "retention_state",
                columns: table => new
                {
                    Id = table.Column<int>(type: "INTEGER", nullable: false),
                    LastSeen = table.Column<long>(type: "INTEGER", nullable: true),
                    NextRound = table.Column<long>(type: "INTEGER", nullable: true)
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
