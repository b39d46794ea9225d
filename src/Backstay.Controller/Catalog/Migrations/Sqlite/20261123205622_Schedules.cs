using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Backstay.Controller.Catalog.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class Schedules : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "backup_schedules",
                columns: table => new
                {
                    Id = table.Column<Guid>(type: "TEXT", nullable: false),
                    Name = table.Column<string>(type: "TEXT", maxLength: 128, nullable: false, collation: "NOCASE"),
                    Notes = table.Column<string>(type: "TEXT", nullable: true),
                    Cron = table.Column<string>(type: "TEXT", nullable: false),
                    TimeZone = table.Column<string>(type: "TEXT", nullable: false),
                    Appliances = table.Column<string>(type: "TEXT", nullable: false),
                    Logs = table.Column<bool>(type: "INTEGER", nullable: false),
                    Audit = table.Column<bool>(type: "INTEGER", nullable: false),
                    SpreadMinutes = table.Column<int>(type: "INTEGER", nullable: false),
                    WindowMinutes = table.Column<int>(type: "INTEGER", nullable: false),
                    CatchUp = table.Column<bool>(type: "INTEGER", nullable: false),
                    Paused = table.Column<bool>(type: "INTEGER", nullable: false),
                    Created = table.Column<long>(type: "INTEGER", nullable: false),
                    Updated = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_backup_schedules", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "scheduled_appliances",
                columns: table => new
                {
                    ScheduleId = table.Column<Guid>(type: "TEXT", nullable: false),
                    ApplianceId = table.Column<Guid>(type: "TEXT", nullable: false),
                    Since = table.Column<long>(type: "INTEGER", nullable: false),
                    State = table.Column<int>(type: "INTEGER", nullable: true),
                    Due = table.Column<long>(type: "INTEGER", nullable: true),
                    WindowUntil = table.Column<long>(type: "INTEGER", nullable: true),
                    MissedInARow = table.Column<int>(type: "INTEGER", nullable: false),
                    BackupId = table.Column<Guid>(type: "TEXT", nullable: true),
                    Message = table.Column<string>(type: "TEXT", nullable: true),
                    NextLook = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_scheduled_appliances", x => new { x.ScheduleId, x.ApplianceId });
                    table.ForeignKey(
                        name: "FK_scheduled_appliances_appliances_ApplianceId",
                        column: x => x.ApplianceId,
                        principalTable: "appliances",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "FK_scheduled_appliances_backup_schedules_ScheduleId",
                        column: x => x.ScheduleId,
                        principalTable: "backup_schedules",
                        principalColumn: "Id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "IX_backup_schedules_Name",
                table: "backup_schedules",
                column: "Name",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_scheduled_appliances_ApplianceId",
                table: "scheduled_appliances",
                column: "ApplianceId");

            migrationBuilder.CreateIndex(
                name: "IX_scheduled_appliances_NextLook",
                table: "scheduled_appliances",
                column: "NextLook");

            migrationBuilder.CreateIndex(
                name: "waiting_runs",
                table: "scheduled_appliances",
                column: "WindowUntil",
                filter: "\"State\" = 1");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "scheduled_appliances");

            migrationBuilder.DropTable(
                name: "backup_schedules");
        }
    }
}
