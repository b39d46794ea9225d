using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Backstay.Controller.Catalog.Migrations.Postgres
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
                    Id = table.Column<Guid>(type: "uuid", nullable: false),
                    Name = table.Column<string>(type: "character varying(128)", maxLength: 128, nullable: false, collation: "backstay_names"),
                    Notes = table.Column<string>(type: "text", nullable: true),
                    Cron = table.Column<string>(type: "text", nullable: false),
                    TimeZone = table.Column<string>(type: "text", nullable: false),
                    Appliances = table.Column<string>(type: "text", nullable: false),
                    Logs = table.Column<bool>(type: "boolean", nullable: false),
                    Audit = table.Column<bool>(type: "boolean", nullable: false),
                    SpreadMinutes = table.Column<int>(type: "integer", nullable: false),
                    WindowMinutes = table.Column<int>(type: "integer", nullable: false),
                    CatchUp = table.Column<bool>(type: "boolean", nullable: false),
                    Paused = table.Column<bool>(type: "boolean", nullable: false),
                    Created = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    Updated = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_backup_schedules", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "scheduled_appliances",
                columns: table => new
                {
                    ScheduleId = table.Column<Guid>(type: "uuid", nullable: false),
                    ApplianceId = table.Column<Guid>(type: "uuid", nullable: false),
                    Since = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    State = table.Column<int>(type: "integer", nullable: true),
                    Due = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    WindowUntil = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    MissedInARow = table.Column<int>(type: "integer", nullable: false),
                    BackupId = table.Column<Guid>(type: "uuid", nullable: true),
                    Message = table.Column<string>(type: "text", nullable: true),
                    NextLook = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
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
